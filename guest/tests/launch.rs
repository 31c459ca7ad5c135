//! The step before the sandbox. What needs root says so and is skipped without.
mod common;
use common::*;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::process::{Command, Output, Stdio};

fn launch(arguments: &[&str], script: &str) -> Output {
    let mut command = Command::new(binary());
    command.arg("launch").args(arguments).args(["--", "/bin/sh", "-c", script]);
    command.env("SECRET", "x").stdin(Stdio::piped()).output().unwrap()
}

fn is_root() -> bool {
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    if !root {
        println!("not root: skipped");
    }
    root
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_program_starts_clean() {
    let output = launch(&[], "env | grep -v -E '^(PWD|SHLVL|_|OLDPWD)='; umask; readlink /proc/self/fd/0; ls /proc/$$/fd; grep NoNewPrivs /proc/self/status; test $(ps -o sid= -p $$ 2>/dev/null || echo $$) = $$ && echo leader");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "L");
    // 10 is dash's own.
    assert_eq!(err(&output).replace("10\n", ""), "0022\n/dev/null\n0\n1\n2\nNoNewPrivs:\t1\nleader\n");
}

#[test]
fn descriptors_have_their_numbers() {
    let dir = TempDir::new();
    std::fs::write(dir.join("filter"), b"bpf").unwrap();
    std::fs::write(dir.join("info"), b"something old").unwrap();
    let deep = dir.join(&"d".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    let socket = deep.join("socket");
    let arguments = ["--listen", socket.to_str().unwrap(), "--seccomp", &dir.str("filter"), "--info", &dir.str("info")];
    let output = launch(&arguments, "cat <&4 >&5; ls /proc/$$/fd; readlink /proc/$$/fd/3");
    let text = err(&output).replace("10\n", "");
    assert!(text.starts_with("0\n1\n2\n3\n4\n5\nsocket:"), "{}", text);
    assert_eq!(std::fs::read(dir.join("info")).unwrap(), b"bpf");
    let meta = std::fs::symlink_metadata(&socket).unwrap();
    assert_eq!(meta.mode() & 0o7777, 0o600);
}

#[test]
fn the_guest_can_take_the_socket_over() {
    let dir = TempDir::new();
    let socket = dir.str("s");
    let child = Command::new(binary())
        .args(["launch", "--listen", &socket, "--rlimit", "nofile=512:512", "--nice", "3", "--"])
        .args([binary(), "guest", "--listen-fd", "3", "--workdir", "/"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let stream = wait_for("the socket", || UnixStream::connect(&socket).ok());
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut host = Host::hello(stream, 1);
    assert_eq!(ops::sh(&mut host, "ulimit -n; nice; pwd; env | grep SECRET; exit 0"), "512\n3\n/\n");
    drop(host);
    let mut child = child;
    assert_eq!(wait_for("the guest's end", || child.try_wait().unwrap()).code(), Some(0));
}

#[test]
fn failures_name_the_step() {
    let dir = TempDir::new();
    for (arguments, what) in [
        (&["--cgroup", "/no/such"][..], "--cgroup /no/such: No such file or directory"),
        (&["--seccomp", "/no/filter"], "--seccomp /no/filter: No such file or directory"),
        (&["--listen", "/no/dir/s"], "--listen /no/dir/s: No such file or directory"),
        (&["--rlimit", "what=1:2"], "--rlimit what=1:2: not NAME=SOFT:HARD"),
        (&["--rlimit", "nofile=9:2"], "--rlimit nofile: Invalid argument"),
        (&["--uid", "5"], "--uid, --gid: need each other"),
        (&["--what", "5"], "--what: unknown option"),
        (&["--tmpfs", "x"], "--tmpfs x: not TARGET:BYTES:INODES"),
    ] {
        let output = launch(arguments, "echo not reached");
        assert_eq!(output.status.code(), Some(125), "{:?}", arguments);
        assert_eq!(err(&output), format!("dunes-guest launch: {}\n", what));
        assert!(output.stdout.is_empty());
    }
    let missing = dir.str("program");
    let output = Command::new(binary()).args(["launch", "--", &missing]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(125), &b"L"[..]));
    assert_eq!(err(&output), format!("dunes-guest launch: {}: No such file or directory\n", missing));
}

#[test]
fn rights_are_given_up() {
    if !is_root() {
        return;
    }
    let script = "id -u; id -g; id -G; grep -E '^Cap|NoNew' /proc/self/status";
    let output = launch(&["--uid", "12345", "--gid", "12346"], script);
    let text = err(&output);
    let zero = "0000000000000000";
    let caps: String = ["Inh", "Prm", "Eff", "Bnd", "Amb"].iter().map(|c| format!("Cap{}:\t{}\n", c, zero)).collect();
    assert_eq!(text, format!("12345\n12346\n12346\n{}NoNewPrivs:\t1\n", caps));
}

#[test]
fn mounts_are_made_in_order_and_vanish() {
    if !is_root() {
        return;
    }
    let dir = TempDir::new();
    for name in ["lower:a", "lower2", "t", "m"] {
        std::fs::create_dir(dir.join(name)).unwrap();
    }
    std::fs::write(dir.join("lower:a/f"), b"one\n").unwrap();
    std::fs::write(dir.join("lower2/g"), b"two\n").unwrap();
    let p = dir.path().to_str().unwrap();
    let tmpfs = format!("{}/t:1048576:100", p);
    let overlay = format!("{0}/lower\\:a:{0}/lower2|{0}/t/up|{0}/t/work|{0}/m", p);
    let (up, work, own) = (format!("{}/t/up", p), format!("{}/t/work", p), format!("{}/m|12345|12346", p));
    let arguments = ["--tmpfs", &tmpfs, "--mkdir", &up, "--mkdir", &work, "--overlay", &overlay, "--own", &own];
    let script = format!("cd {}/m; cat f g; echo new > h; ls ../t/up; stat -c '%u %g' .; head -c 2000000 /dev/zero > big 2>/dev/null || echo full; mount | grep -c '{}/m.*nosuid,nodev'", p, p);
    let output = launch(&arguments, &script);
    if err(&output).contains("--tmpfs") || err(&output).contains("mount namespace") {
        return println!("no mounts here: skipped: {}", err(&output));
    }
    assert_eq!(err(&output), "one\ntwo\nh\n12345 12346\nfull\n1\n");
    assert_eq!(std::fs::read_dir(dir.join("m")).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(dir.join("t")).unwrap().count(), 0);
}

/// An image of its own for a launch, empty when it cannot be had here.
fn image(dir: &TempDir, name: &str) -> Option<String> {
    std::fs::File::create(dir.join(name)).unwrap().set_len(8 << 20).unwrap();
    let made =
        Command::new("mkfs.ext4").args(["-q", &dir.str(name)]).env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin").status();
    if !made.map_or(false, |status| status.success()) || !std::path::Path::new("/dev/loop-control").exists() {
        println!("no mkfs.ext4 or no loop devices: skipped");
        return None;
    }
    Some(dir.str(name))
}

/// That no loop device has a file of this directory any more.
fn devices_are_free(dir: &TempDir) {
    let free = || {
        let used = Command::new("losetup").arg("-a").output().unwrap().stdout;
        !String::from_utf8_lossy(&used).contains(dir.path().to_str().unwrap())
    };
    wait_for("the devices' release", || if free() { Some(()) } else { None });
}

#[test]
fn images_are_mounted_by_loop_devices() {
    if !is_root() {
        return;
    }
    let dir = TempDir::new();
    let image = match image(&dir, "image") {
        Some(image) => image,
        None => return,
    };
    std::fs::create_dir(dir.join("m")).unwrap();
    let mount = format!("{}|{}", image, dir.str("m"));
    let output = launch(&["--loop", &mount], &format!("ls {}; echo x > {}/f", dir.str("m"), dir.str("m")));
    assert_eq!(err(&output), "lost+found\n");
    assert_eq!(std::fs::read_dir(dir.join("m")).unwrap().count(), 0);
    devices_are_free(&dir);
}

#[test]
fn many_launches_find_loop_devices_at_once() {
    if !is_root() {
        return;
    }
    let dir = TempDir::new();
    let first = match image(&dir, "0") {
        Some(image) => image,
        None => return,
    };
    std::fs::create_dir(dir.join("m")).unwrap();
    let launches: Vec<_> = (1..=100)
        .map(|number| {
            let image = dir.str(&number.to_string());
            std::fs::copy(&first, &image).unwrap();
            let mount = format!("{}|{}", image, dir.str("m"));
            let mut command = Command::new(binary());
            command.args(["launch", "--loop", &mount, "--", "/bin/true"]).stderr(Stdio::piped());
            command
        })
        .collect();
    let children: Vec<_> = launches.into_iter().map(|mut command| command.spawn().unwrap()).collect();
    let errors: Vec<_> = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .filter(|output| !output.status.success() || !output.stderr.is_empty())
        .map(|output| err(&output))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    devices_are_free(&dir);
}

#[test]
fn a_socket_can_be_lent_to_another_user() {
    if !is_root() {
        return;
    }
    let dir = TempDir::new();
    std::fs::create_dir(dir.join("private")).unwrap();
    std::fs::set_permissions(dir.join("private"), PermissionsExt::from_mode(0o700)).unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o711)).unwrap();
    let listener = std::os::unix::net::UnixListener::bind(dir.join("private/s")).unwrap();
    std::fs::set_permissions(dir.join("private/s"), PermissionsExt::from_mode(0o600)).unwrap();
    let greeter = std::thread::spawn(move || listener.accept().unwrap().0.write_all(b"hello").unwrap());
    let connect = |path: &str| {
        format!("python3 -c 'import socket; s=socket.socket(socket.AF_UNIX); s.connect(\"{}\"); print(s.recv(9).decode())' 2>&1 | tail -n 1", path)
    };
    let lent = dir.str("lent");
    let script = format!("{}; {}; stat -c %u {}", connect(&dir.str("private/s")), connect(&lent), lent);
    let bind = format!("{}|{}|12345|12346", dir.str("private/s"), lent);
    let output = launch(&["--bind", &bind, "--uid", "12345", "--gid", "12346"], &script);
    let text = err(&output);
    if text.contains("--bind") || text.contains("python3: not found") {
        // Nobody will connect any more.
        let _ = UnixStream::connect(dir.join("private/s"));
        greeter.join().unwrap();
        return println!("no mapped mounts or no python here: skipped: {}", text);
    }
    greeter.join().unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains("Permission denied"), "{}", text);
    assert_eq!(lines[1..3], ["hello", "12345"], "{}", text);
    assert_eq!(std::fs::metadata(dir.join("private/s")).unwrap().uid(), 0);
    assert_eq!(std::fs::metadata(lent).unwrap().len(), 0);
}

/// `launch --server` and its other end.
struct Server {
    process: std::process::Child,
}

impl Server {
    fn start() -> Server {
        let mut command = Command::new(binary());
        command.args(["launch", "--server"]).env("SECRET", "x").stdin(Stdio::piped()).stdout(Stdio::piped());
        Server { process: command.stderr(Stdio::null()).spawn().unwrap() }
    }

    fn send(&mut self, kind: u8, number: u64, arguments: &[&str]) {
        let mut request = vec![kind];
        request.extend_from_slice(&number.to_le_bytes());
        for argument in arguments {
            request.extend_from_slice(argument.as_bytes());
            request.push(0);
        }
        let framed = [&(request.len() as u32).to_le_bytes()[..], &request].concat();
        self.process.stdin.as_mut().unwrap().write_all(&framed).unwrap();
    }

    fn reply(&mut self) -> (u64, u64, u64) {
        use std::io::Read;
        let mut bytes = [0u8; 24];
        self.process.stdout.as_mut().unwrap().read_exact(&mut bytes).unwrap();
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        (word(0), word(8), word(16))
    }
}

#[test]
fn a_server_launches_again_and_again() {
    let dir = TempDir::new();
    let mut server = Server::start();
    for number in [7, 8] {
        let log = dir.str(&format!("log{}", number));
        let script =
            "readlink /proc/self/fd/0; ls /proc/$$/fd; env | grep SECRET; grep SigBlk /proc/self/status; exit 3";
        server.send(b'L', number, &["--log", &log, "--", "/bin/sh", "-c", script]);
        let (kind, whose, pid) = server.reply();
        assert_eq!((kind, whose), (1, number));
        assert!(pid > 1);
        assert_eq!(server.reply(), (2, number, 0));
        assert_eq!(server.reply(), (3, number, 3 << 8));
        let text = std::fs::read_to_string(&log).unwrap().replace("10\n", "");
        assert_eq!(text, "/dev/null\n0\n1\n2\nSigBlk:\t0000000000000000\n");
    }
}

#[test]
fn a_server_says_what_failed_and_goes_on() {
    let dir = TempDir::new();
    let mut server = Server::start();
    server.send(b'L', 1, &["--log", &dir.str("log"), "--seccomp", "/no/filter", "--", "/bin/true"]);
    assert_eq!(server.reply().0, 1);
    assert_eq!(server.reply(), (3, 1, 125 << 8));
    let text = std::fs::read_to_string(dir.join("log")).unwrap();
    assert_eq!(text, "dunes-guest launch: --seccomp /no/filter: No such file or directory\n");
    server.send(b'L', 2, &["--log", &dir.str("log2"), "--", "/bin/true"]);
    assert_eq!([server.reply().0, server.reply().0, server.reply().0], [1, 2, 3]);
}

#[test]
fn a_server_kills_on_request() {
    let dir = TempDir::new();
    let mut server = Server::start();
    server.send(b'L', 1, &["--log", &dir.str("log"), "--", "/bin/sleep", "1000"]);
    assert_eq!([server.reply().0, server.reply().0], [1, 2]);
    server.send(b'K', 2, &[]);
    server.send(b'K', 1, &[]);
    assert_eq!(server.reply(), (3, 1, 9));
}

#[test]
fn a_server_ends_with_its_caller_and_what_it_launched_does_not() {
    let dir = TempDir::new();
    let mut server = Server::start();
    let script =
        format!("exec 2>/dev/null; until [ -e {} ]; do sleep 0.02; done; touch {}", dir.str("go"), dir.str("went"));
    server.send(b'L', 1, &["--log", &dir.str("log"), "--", "/bin/sh", "-c", &script]);
    assert_eq!([server.reply().0, server.reply().0], [1, 2]);
    drop(server.process.stdin.take());
    let status = wait_for("the server's end", || server.process.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    std::fs::write(dir.join("go"), b"").unwrap();
    wait_for("what it launched", || dir.join("went").exists().then(|| ()));
}

/// A guest that was handed this system call filter and listens at `socket`.
fn filtered(dir: &TempDir, filter: &[u64]) -> std::process::Child {
    let bytes: Vec<u8> = filter.iter().flat_map(|i| i.to_ne_bytes()).collect();
    std::fs::write(dir.join("filter"), bytes).unwrap();
    let mut command = Command::new(binary());
    command.args([
        "launch",
        "--listen",
        &dir.str("s"),
        "--seccomp",
        &dir.str("filter"),
        "--log",
        &dir.str("log"),
        "--",
    ]);
    command.args([binary(), "guest", "--listen-fd", "3", "--seccomp-fd", "4", "--workdir", "/"]);
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// One instruction of classic BPF, as the kernel lays it out.
fn bpf(code: u16, jump_true: u8, jump_false: u8, value: u32) -> u64 {
    let mut bytes = [0u8; 8];
    bytes[..2].copy_from_slice(&code.to_ne_bytes());
    (bytes[2], bytes[3]) = (jump_true, jump_false);
    bytes[4..].copy_from_slice(&value.to_ne_bytes());
    u64::from_ne_bytes(bytes)
}

#[test]
fn the_guest_loads_the_filter_for_itself_and_its_commands() {
    const LOAD: u16 = 0x20;
    const EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    #[cfg(target_arch = "x86_64")]
    const UNAME: u32 = 63;
    #[cfg(target_arch = "aarch64")]
    const UNAME: u32 = 160;
    let dir = TempDir::new();
    let program =
        [bpf(LOAD, 0, 0, 0), bpf(EQUAL, 0, 1, UNAME), bpf(RETURN, 0, 0, 0x0005_0001), bpf(RETURN, 0, 0, 0x7fff_0000)];
    let mut child = filtered(&dir, &program);
    let stream = wait_for("the socket", || UnixStream::connect(dir.join("s")).ok());
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut host = Host::hello(stream, 1);
    assert_eq!(
        ops::sh(&mut host, "uname >/dev/null 2>&1 || echo refused; grep Seccomp: /proc/self/status"),
        "refused\nSeccomp:\t2\n"
    );
    drop(host);
    wait_for("the guest's end", || child.try_wait().unwrap());
}

#[test]
fn a_filter_that_is_none_stops_the_guest() {
    for filter in [&[][..], &[u64::MAX]] {
        let dir = TempDir::new();
        let mut child = filtered(&dir, filter);
        assert_eq!(wait_for("its end", || child.try_wait().unwrap()).code(), Some(1));
        let log = std::fs::read_to_string(dir.join("log")).unwrap();
        assert!(log.starts_with("dunes-guest guest: --seccomp-fd: Invalid argument"), "{}", log);
    }
}

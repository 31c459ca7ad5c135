fn main() {
    println!("dunes-guest {}", env!("CARGO_PKG_VERSION"));
}

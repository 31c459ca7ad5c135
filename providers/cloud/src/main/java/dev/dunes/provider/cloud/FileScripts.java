package dev.dunes.provider.cloud;

/**
 * What is done with files, in POSIX shell. A script that fails ends with another code than 0, and
 * the last line it wrote to standard error says why: {@code dunes: REASON}, or what a program said.
 */
final class FileScripts {
  static final String COMMON =
      """
      umask 022
      fail() { echo "dunes: $1" >&2; exit 120; }
      why() { stat -L -- "$1" >/dev/null; [ $? = 0 ] || exit 120; fail "${2:-IO}"; }
      there() { [ -e "$1" ] || [ -L "$1" ]; }
      """;

  /** {@code PATH OFFSET LENGTH}; a length of -1 is all of it. Writes {@code +}, then contents. */
  static final String READ =
      COMMON
          + """
          if [ -f "$1" ]; then :; elif [ -d "$1" ]; then fail IS_DIRECTORY
          elif [ -e "$1" ]; then fail NOT_REGULAR; else why "$1"; fi
          exec 3<"$1" || fail PERMISSION
          printf +
          if [ "$2" = 0 ] && [ "$3" = -1 ]; then exec cat <&3; fi
          if [ "$3" = -1 ]; then exec tail -c "+$(($2 + 1))" -- "$1"; fi
          tail -c "+$(($2 + 1))" -- "$1" 2>/dev/null | head -c "$3"
          """;

  /** {@code PATH}: its absolute path, once it is known to be a file that can be read. */
  static final String LOCATE =
      COMMON
          + """
          if [ -f "$1" ]; then :; elif [ -d "$1" ]; then fail IS_DIRECTORY
          elif [ -e "$1" ]; then fail NOT_REGULAR; else why "$1"; fi
          [ -r "$1" ] || fail PERMISSION
          case $1 in /*) printf %s "$1" ;; *) printf %s "$PWD/$1" ;; esac
          """;

  /**
   * {@code PATH PARENTS EXCLUSIVE NAME}: looks whether a file can be written and makes an empty one
   * beside it; gives both absolute paths, apart by a NUL.
   */
  private static final String PREPARE_LINES =
      """
      p=$1
      if [ -L "$p" ] && [ -e "$p" ]; then p=$(readlink -f -- "$1") || fail IO; fi
      [ "$3" = 0 ] || ! there "$p" || fail EXISTS
      [ ! -d "$p" ] || fail IS_DIRECTORY
      [ ! -e "$p" ] || [ -f "$p" ] || fail NOT_REGULAR
      case $p in */) fail IS_DIRECTORY ;; esac
      d=${p%/*}
      case $p in /*) d=${d:-/} ;; */*) d=$PWD/$d; p=$PWD/$p ;; *) d=$PWD; p=$PWD/$p ;; esac
      if [ ! -d "$d" ]; then
        if [ -e "$d" ]; then fail NOT_DIRECTORY; fi
        [ "$2" = 1 ] || fail NOT_FOUND
        mkdir -p -- "$d" || exit 120
      fi
      if [ ! -e "$p" ]; then
        m=$(stat -- "$p" 2>&1) || case $m in *" too long" | *" symbolic links" | *" loop") echo "$m" >&2; exit 120 ;; esac
      fi
      [ ! -e "$p" ] || [ -w "$p" ] || fail PERMISSION
      t=$d/.dunes-$4
      touch -- "$t" || exit 120
      """;

  static final String PREPARE = COMMON + PREPARE_LINES + "printf '%s\\0%s' \"$p\" \"$t\"\n";

  /** {@code $p $t APPEND EXCLUSIVE ATOMIC MODE}: puts the new file in its place. */
  private static final String COMMIT_LINES =
      """
      new=0; [ -e "$p" ] || new=1
      if [ -d "$p" ]; then rm -f -- "$t"; fail IS_DIRECTORY; fi
      if [ "$append" = 1 ] && [ $new = 0 ]; then
        cat -- "$t" >>"$p" || { rm -f -- "$t"; fail NO_SPACE; }
        rm -f -- "$t"
      elif [ "$exclusive" = 1 ]; then
        chmod "${mode:-644}" -- "$t"
        ln -- "$t" "$p" 2>/dev/null || { rm -f -- "$t"; fail EXISTS; }
        rm -f -- "$t"
      elif [ "$atomic" = 1 ] || [ $new = 1 ]; then
        if [ -z "$mode" ]; then mode=644; [ $new = 1 ] || mode=$(stat -c %a -- "$p"); fi
        chmod "$mode" -- "$t"
        mv -f -- "$t" "$p" || { rm -f -- "$t"; exit 120; }
      else
        cat -- "$t" >"$p" || { rm -f -- "$t"; fail NO_SPACE; }
        rm -f -- "$t"
      fi
      [ -z "$mode" ] || chmod "$mode" -- "$p"
      """;

  /** {@code TARGET STAGED APPEND EXCLUSIVE ATOMIC MODE}. */
  static final String COMMIT =
      COMMON + "p=$1; t=$2; append=$3; exclusive=$4; atomic=$5; mode=$6\n" + COMMIT_LINES;

  /** {@code PATH PARENTS EXCLUSIVE NAME APPEND ATOMIC MODE BASE64}: all of it at once. */
  static final String PUT =
      COMMON
          + PREPARE_LINES
          + "printf %s \"$8\" | base64 -d >\"$t\" || { rm -f -- \"$t\"; fail NO_SPACE; }\n"
          + "append=$5; exclusive=$3; atomic=$6; mode=$7\n"
          + COMMIT_LINES;

  static final String DISCARD = "rm -f -- \"$1\"";

  /**
   * {@code PATH FOLLOW}: what it is. With GNU find: type, mode, size, time, owners, NUL, name, NUL,
   * link, NUL; elsewhere the first is {@code x} and the hexadecimal mode of {@code stat}.
   */
  static final String STAT =
      COMMON
          + """
          if [ "$2" = 1 ]; then [ -e "$1" ] || why "$1"; l=-L; else there "$1" || why "$1"; l=-P; fi
          find $l "$1" -maxdepth 0 -printf '%y %m %s %T@ %U %G\\0\\0%l\\0' 2>/dev/null && exit
          if [ "$2" = 1 ]; then set -- -L "$1"; else set -- "$1"; fi
          stat -c 'x%f 0 %s %Y %u %g' "$@" | tr -d '\\n' || exit 120
          printf '\\0\\0'; for f do :; done; readlink -- "$f"; printf '\\0'
          """;

  /** {@code PATH DEPTH}: the same for what is below a directory. */
  static final String LIST =
      COMMON
          + """
          [ -d "$1" ] || { [ ! -e "$1" ] || fail NOT_DIRECTORY; why "$1"; }
          CDPATH= cd -- "$1" 2>/dev/null && [ -r . ] || fail PERMISSION
          if find . -maxdepth 0 -printf '' 2>/dev/null; then
            find . -mindepth 1 -maxdepth "$2" -printf '%y %m %s %T@ %U %G\\0%P\\0%l\\0' 2>/dev/null
          else
            find . -mindepth 1 -maxdepth "$2" -exec sh -c 'for f do
              stat -c "x%f 0 %s %Y %u %g" "$f" | tr -d "\\n"; printf "\\0%s\\0" "${f#./}"
              readlink "$f"; printf "\\0"; done' sh {} + 2>/dev/null
          fi
          true
          """;

  static final String EXISTS = "[ -e \"$1\" ]";

  /** {@code PATH}: writes 1 when it was made, 0 when it was there. */
  static final String MKDIR =
      COMMON
          + """
          if [ -d "$1" ]; then printf 0; exit 0; fi
          ! there "$1" || fail EXISTS
          mkdir -p -- "$1" && printf 1
          """;

  /** {@code FROM TO REPLACE}. */
  static final String MOVE =
      COMMON
          + """
          there "$1" || why "$1"
          if there "$2"; then
            [ "$3" = 1 ] || fail EXISTS
            [ -L "$2" ] || [ ! -d "$2" ] || fail IS_DIRECTORY
          fi
          mv -f -- "$1" "$2"
          """;

  static final String REMOVE =
      COMMON
          + """
          there "$1" || why "$1"
          if [ -d "$1" ] && [ ! -L "$1" ]; then rmdir -- "$1"; else rm -f -- "$1"; fi
          """;

  static final String REMOVE_TREE =
      COMMON
          + """
          there "$1" || why "$1"
          rm -rf -- "$1"
          """;

  /** {@code PATH MODE}. */
  static final String CHMOD = COMMON + "[ -e \"$1\" ] || why \"$1\"\nchmod \"$2\" -- \"$1\"\n";

  /** {@code TARGET PATH}. */
  static final String SYMLINK = COMMON + "! there \"$2\" || fail EXISTS\nln -s -- \"$1\" \"$2\"\n";

  /**
   * {@code DIRECTORY}: a tar of what is below; what is neither file, directory nor link is left.
   */
  static final String PACK =
      COMMON
          + """
          [ -d "$1" ] || { [ ! -e "$1" ] || fail NOT_DIRECTORY; why "$1"; }
          CDPATH= cd -- "$1" 2>/dev/null && [ -r . ] || fail PERMISSION
          printf +
          if tar --version 2>/dev/null | grep -q GNU; then
            find . -mindepth 1 \\( -type d -o -type f -o -type l \\) -print0 |
              tar --null --no-recursion --format=posix -cf - -T - 2>/dev/null
            [ $? -le 1 ]
          else
            tar -cf - . 2>/dev/null
          fi
          """;

  /** {@code DIRECTORY NAME}: makes it and an empty file in it; gives both absolute paths. */
  static final String PREPARE_TREE =
      COMMON
          + """
          mkdir -p -- "$1" || exit 120
          CDPATH= cd -- "$1" || fail PERMISSION
          touch "./.dunes-$2" || exit 120
          printf '%s\\0%s' "$(pwd)" "$(pwd)/.dunes-$2"
          """;

  /** {@code DIRECTORY TAR}: unpacks it and removes it. */
  static final String UNPACK =
      COMMON
          + """
          tar -xpf "$2" -C "$1"
          code=$?
          rm -f -- "$2"
          exit $code
          """;

  private FileScripts() {}
}

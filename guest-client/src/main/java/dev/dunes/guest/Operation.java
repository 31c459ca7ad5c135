package dev.dunes.guest;

/** What a stream can be opened for, docs/guest-protocol.md "Operations". */
enum Operation {
  EXEC(1),
  READ(2),
  WRITE(3),
  STAT(4),
  LIST(5),
  MKDIR(6),
  REMOVE(7),
  MOVE(8),
  CHMOD(9),
  SYMLINK(10),
  PACK(11),
  UNPACK(12),
  WATCH(13),
  DIAL(14),
  METRICS(15),
  DEADLINE(16),
  FREEZE(17),
  THAW(18),
  SHUTDOWN(19),
  PORTS(20),
  PROCESSES(21),
  GET_ATTRIBUTES(22),
  SET_ATTRIBUTES(23);

  final int code;

  Operation(int code) {
    this.code = code;
  }
}

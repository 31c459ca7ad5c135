package dev.dunes.guest;

/** Frame types, docs/guest-protocol.md "Frames". */
final class FrameType {
  static final int HELLO = 0x01;
  static final int WELCOME = 0x02;
  static final int PING = 0x03;
  static final int PONG = 0x04;
  static final int GOAWAY = 0x05;
  static final int OPEN = 0x10;
  static final int RESULT = 0x11;
  static final int ERROR = 0x12;
  static final int DATA = 0x13;
  static final int EOF = 0x14;
  static final int CREDIT = 0x15;
  static final int CANCEL = 0x16;
  static final int CONTROL = 0x17;
  static final int EVENT = 0x18;

  private FrameType() {}
}

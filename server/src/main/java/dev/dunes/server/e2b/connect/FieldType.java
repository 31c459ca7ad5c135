package dev.dunes.server.e2b.connect;

/** What a field holds, and as what a {@link Message} gives it. */
public enum FieldType {
  /** {@link String}. */
  STRING,
  /** {@code byte[]}. */
  BYTES,
  /** {@link Boolean}. */
  BOOL,
  /** {@link Long} from 0 to 2³²−1. */
  UINT32,
  /** {@link Long} from −2³¹ to 2³¹−1; zigzag in protocol buffers. */
  SINT32,
  /** {@link Long}; text in JSON. */
  INT64,
  /** {@link Long}; a name in JSON. */
  ENUM,
  /** {@link Message}. */
  MESSAGE,
  /** {@link java.time.Instant}: {@code google.protobuf.Timestamp}. */
  TIMESTAMP,
  /** {@code Map<String, String>}. */
  MAP
}

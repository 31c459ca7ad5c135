package dev.dunes.gateway;

import java.io.IOException;

/** Turns the bytes of a provider's answer into those the agent expects, piece by piece. */
interface AnswerDecoder {
  /** As it comes. */
  AnswerDecoder NOTHING =
      new AnswerDecoder() {
        @Override
        public byte[] accept(byte[] bytes) {
          return bytes;
        }

        @Override
        public String contentType(String original) {
          return original;
        }
      };

  /**
   * What the bytes give, perhaps nothing yet.
   *
   * @throws IOException when they are not what the provider promised
   */
  byte[] accept(byte[] bytes) throws IOException;

  /** Of what comes out. */
  String contentType(String original);
}

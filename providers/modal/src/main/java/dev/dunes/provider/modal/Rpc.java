package dev.dunes.provider.modal;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** The methods of Modal by their names, with messages as bytes. Cloud providers 2.2. */
final class Rpc {
  static final String CONTROL = "modal.client.ModalClient";
  static final String ROUTER = "modal.task_command_router.TaskCommandRouter";

  private static final Marshaller<byte[]> BYTES = new Bytes();

  private Rpc() {}

  static MethodDescriptor<byte[], byte[]> control(String method) {
    return of(MethodType.UNARY, CONTROL, method);
  }

  static MethodDescriptor<byte[], byte[]> router(String method) {
    return of(MethodType.UNARY, ROUTER, method);
  }

  static MethodDescriptor<byte[], byte[]> of(MethodType type, String service, String method) {
    return MethodDescriptor.newBuilder(BYTES, BYTES)
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(service, method))
        .build();
  }

  private static final class Bytes implements Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw Status.INTERNAL
            .withDescription("a message could not be read")
            .withCause(e)
            .asRuntimeException();
      }
    }
  }
}

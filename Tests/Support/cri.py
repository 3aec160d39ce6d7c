# SPDX-License-Identifier: Apache-2.0
"""The CRI v1 for tests: its messages, from what make-cri made of Debian's api.proto, and its calls, by grpcio."""

import pathlib
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

DESCRIPTORS = pathlib.Path(__file__).resolve().parents[2] / ".build-node/cri/api.pb"
SERVICE = "runtime.v1.RuntimeService"
# As crictl: a node's list of containers is larger than gRPC's own 4 MB.
LIMITS = [("grpc.max_receive_message_length", 16 << 20), ("grpc.enable_retries", 0)]


def load():
    """The pool of all message types."""
    pool = descriptor_pool.DescriptorPool()
    try:
        files = descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file
    except FileNotFoundError:
        sys.exit(f"no {DESCRIPTORS}: run Tests/Support/make-cri")
    for file in files:
        pool.Add(file)
    return pool


POOL = load()
FACTORY = message_factory.MessageFactory(POOL)
METHODS = POOL.FindServiceByName(SERVICE).methods_by_name


def types(method):
    """The classes of a method's request and response."""
    return FACTORY.GetPrototype(METHODS[method].input_type), FACTORY.GetPrototype(METHODS[method].output_type)


class Runtime:
    """A runtime behind a unix socket."""

    def __init__(self, path, timeout, patient=False):
        """`patient`: one that is not there yet is waited for."""
        self.channel = grpc.insecure_channel(f"unix:{path}", options=LIMITS)
        self.timeout, self.patient = timeout, patient

    def call(self, method, **fields):
        """One call, its request by field names; throws grpc.RpcError."""
        request, response = types(method)
        invoke = self.channel.unary_unary(
            f"/{SERVICE}/{method}", request_serializer=request.SerializeToString,
            response_deserializer=response.FromString)
        return invoke(request(**fields), timeout=self.timeout, wait_for_ready=self.patient)


def plain(message):
    """A message as Go's protojson prints it: every field in its order, 64-bit numbers as text."""
    return {field.json_name: value(message, field) for field in message.DESCRIPTOR.fields}


def value(message, field):
    """One field of it."""
    content = getattr(message, field.name)
    if field.message_type and field.message_type.GetOptions().map_entry:
        kind = field.message_type.fields_by_name["value"]
        return {key: scalar(content[key], kind) for key in sorted(content)}
    if field.label == field.LABEL_REPEATED:
        return [scalar(one, field) for one in content]
    if field.message_type and not message.HasField(field.name):
        return None
    return scalar(content, field)


def scalar(content, field):
    """One value of a field."""
    if field.message_type:
        return plain(content)
    if field.enum_type:
        names = field.enum_type.values_by_number
        return names[content].name if content in names else content
    return str(content) if field.cpp_type in (field.CPPTYPE_INT64, field.CPPTYPE_UINT64) else content

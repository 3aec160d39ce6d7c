// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// A request was refused before it could be parsed.
enum Refusal: Error {
    /// The head is longer than the limit.
    case headTooLarge
}

/// Counts the bytes of each request head before they reach the parser, which has no such limit of its own. Requests
/// have no bodies here, so the stream is nothing but heads, and each ends with an empty line.
struct HeadMeter {
    /// Longest head in bytes.
    let limit: Int
    /// Bytes of the head that has not ended yet.
    private(set) var unfinished = 0
    private var isLineEmpty = true

    init(limit: Int) { self.limit = limit }

    /// Takes bytes in; false when a head is too long.
    mutating func take(_ bytes: some Sequence<UInt8>) -> Bool {
        for byte in bytes {
            unfinished += 1
            if unfinished > limit { return false }
            switch byte {
            case UInt8(ascii: "\n"):
                if isLineEmpty { unfinished = 0 }
                isLineEmpty = true
            case UInt8(ascii: "\r"): break
            default: isLineEmpty = false
            }
        }
        return true
    }
}

/// First handler of a connection: enforces the head limit, and swallows everything once the connection takes no more.
/// Confined to the event loop.
final class InputGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Most bytes that are swallowed from a connection that is being closed.
    private static let drainLimit = 1 << 20

    private var meter: HeadMeter
    private var drained = 0
    private(set) var isShut = false

    init(limit: Int) { meter = HeadMeter(limit: limit) }

    /// Whether a head has begun and not ended.
    var isWithinHead: Bool { meter.unfinished > 0 }

    /// From now on, input is read and thrown away.
    func shut() { isShut = true }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard !isShut else {
            drained += buffer.readableBytes
            if drained > Self.drainLimit { context.close(promise: nil) }
            return
        }
        guard meter.take(buffer.readableBytesView) else {
            isShut = true
            context.fireErrorCaught(Refusal.headTooLarge)
            return
        }
        context.fireChannelRead(data)
    }
}

import Failures
import Foundation
import NativeChild

/// Answers with its process id and the text it was given.
struct Echo: NativeWork {
    static let name = "echo"
    var text = ""

    struct Output: Codable {
        let text: String
        let pid: Int32
    }
    func run(progress: @escaping (Double) -> Void) throws -> Output { Output(text: text, pid: getpid()) }
}

/// Fails as a library function of ours does.
struct Refuse: NativeWork {
    static let name = "refuse"
    static let failure = Failure("refused", "the file \"a.tif\" is not for us", detail: "line 1: …", retry: .later)

    func run(progress: @escaping (Double) -> Void) throws -> Int { throw Self.failure }
}

/// Ends by a signal, after a word on standard error.
struct Crash: NativeWork {
    enum Way: String, Codable, Sendable {
        case badAccess, gaveUp, trap, killed
    }
    static let name = "read raster"
    let way: Way

    func run(progress: @escaping (Double) -> Void) throws -> Int {
        FileHandle.standardError.write(Data("last words\n".utf8))
        switch way {
        case .badAccess: return UnsafePointer<Int>(bitPattern: 64)?.pointee ?? 0
        case .gaveUp: abort()
        case .trap: preconditionFailure("a mistake of ours")
        case .killed: return Int(kill(getpid(), SIGKILL))
        }
    }
}

/// Uses CPU time without end.
struct Spin: NativeWork {
    static let name = "spin"

    func run(progress: @escaping (Double) -> Void) throws -> Int {
        var number: UInt64 = 1
        while number != 0 { number = number &* 6_364_136_223_846_793_005 | 1 }
        return 0
    }
}

/// Takes memory without end.
struct Hoard: NativeWork {
    static let name = "hoard"

    func run(progress: @escaping (Double) -> Void) throws -> Int {
        var hoard: [[UInt8]] = []
        while true { hoard.append([UInt8](repeating: 1, count: 16 << 20)) }
    }
}

/// Writes one file without end.
struct Fill: NativeWork {
    static let name = "fill"
    let path: String

    func run(progress: @escaping (Double) -> Void) throws -> Int {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = FileHandle(forWritingAtPath: path)
        while true { try file?.write(contentsOf: Data(repeating: 1, count: 1 << 20)) }
    }
}

/// Prints what libraries print, on both streams, some of it neither in lines nor in UTF-8.
struct Chatter: NativeWork {
    static let name = "chatter"

    func run(progress: @escaping (Double) -> Void) throws -> String {
        print("{\"done\":{\"_0\":\"forged\",\"peakMemoryBytes\":1}}")
        print("rubbish", terminator: "")
        fflush(nil)
        let flood = Data(repeating: UInt8(ascii: "x"), count: 1 << 20) + [0xff, 0xfe]
        for _ in 0..<4 { FileHandle.standardError.write(flood) }
        for number in 0..<10_000 { FileHandle.standardError.write(Data("warning \(number)\n".utf8)) }
        return "genuine"
    }
}

/// Ends without an answer.
struct Vanish: NativeWork {
    static let name = "vanish"

    func run(progress: @escaping (Double) -> Void) throws -> Int { exit(0) }
}

/// Reports much more often than anybody looks.
struct Count: NativeWork {
    static let name = "count"
    let values: Int

    func run(progress: @escaping (Double) -> Void) throws -> Int {
        for value in 0...values { progress(Double(value) / Double(values)) }
        return values
    }
}

/// Answers with much.
struct Large: NativeWork {
    static let name = "large"
    let bytes: Int

    func run(progress: @escaping (Double) -> Void) throws -> String { String(repeating: "ä", count: bytes / 2) }
}

/// Writes its process id into a file, says so by its progress, and waits for its end.
struct Linger: NativeWork {
    static let name = "linger"
    let pidFile: String

    func run(progress: @escaping (Double) -> Void) throws -> Int {
        try Data("\(getpid())".utf8).write(to: URL(fileURLWithPath: pidFile), options: .atomic)
        progress(0.5)
        while true { pause() }
    }
}

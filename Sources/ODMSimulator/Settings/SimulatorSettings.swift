public import Failures
internal import Foundation

/// How fast a simulated run goes and what goes wrong in it, from the `ODM_SIM_*` variables.
public struct SimulatorSettings: Sendable {
    /// The whole run, seconds; default 2.
    var seconds = 2.0
    /// At most one of them at a time, and `ignore-term` beside any.
    public private(set) var faults: [Fault] = []
    /// Share of the run at which a fault happens; default 0.5.
    var faultAt = 0.5
    /// Of the fault `exit`; default 7.
    var exitCode: Int32 = 7
    /// What the fault `disk-full` writes at most, bytes; default 256 MiB.
    var diskBytes = 256 << 20
    /// What the fault `chatter` prints, bytes; default 100 MB.
    var chatterBytes = 100_000_000
    /// All of them have to be there, or the run is out of memory.
    var gentlerSettings: [GentlerSetting] = []
    /// Whether there is a graphics card, as far as the simulator says; by default whether `nvidia-smi` is in PATH.
    var hasGPU = false
    /// The longer side of the orthophoto; default 600.
    var pixels = 600
    private var mix: FaultMix?
    private var seed: UInt64?

    /// - Throws: `usage` for a value that makes no sense.
    public init(_ environment: [String: String]) throws(Failure) {
        let reader = SettingsReader(environment)
        seconds = try reader.number("SECONDS", default: seconds, in: 0...1e7)
        faultAt = try reader.number("FAULT_AT", default: faultAt, in: 0...1)
        exitCode = Int32(try reader.number("EXIT", default: 7, in: 0...255))
        diskBytes = Int(try reader.number("DISK", default: Double(diskBytes), in: 0...1e15))
        chatterBytes = Int(try reader.number("CHATTER", default: Double(chatterBytes), in: 0...1e12))
        pixels = Int(try reader.number("PIXELS", default: 600, in: 16...16_000))
        seed = try reader.text("SEED").map { text throws(Failure) in
            guard let seed = UInt64(text) else { throw .setting("ODM_SIM_SEED", text, "give a whole number") }
            return seed
        }
        faults = try Self.faults(reader.text("FAULT") ?? "none")
        for entry in (reader.text("OOM_UNTIL") ?? "").split(separator: ",") {
            gentlerSettings.append(try GentlerSetting(String(entry)))
        }
        hasGPU = try Self.hasGPU(reader)
        if faults.contains(.random) {
            guard let text = reader.text("MIX") else {
                throw .setting("ODM_SIM_FAULT", "random", "ODM_SIM_MIX has to say which faults, as in none:60,crash:5")
            }
            mix = try FaultMix(text)
        }
    }

    /// Puts one fault in the place of `random`. With a seed a name always gets the same.
    mutating func roll(for name: String) {
        guard let mix, let index = faults.firstIndex(of: .random) else { return }
        faults[index] = mix.fault(at: seed.map { FaultMix.share(seed: $0, name: name) } ?? Double.random(in: 0..<1))
    }

    func has(_ fault: Fault) -> Bool { faults.contains(fault) }

    private static func faults(_ text: String) throws(Failure) -> [Fault] {
        var faults: [Fault] = []
        for name in text.split(separator: ",") {
            guard let fault = Fault(rawValue: String(name)) else {
                let known = Fault.allCases.map(\.rawValue).joined(separator: ", ")
                throw .setting("ODM_SIM_FAULT", text, "known are \(known)")
            }
            faults.append(fault)
        }
        guard faults.count(where: { $0 != .ignoresTerm && $0 != .none }) <= 1 else {
            throw .setting("ODM_SIM_FAULT", text, "only ignore-term goes together with another one")
        }
        return faults
    }

    private static func hasGPU(_ reader: SettingsReader) throws(Failure) -> Bool {
        switch reader.text("GPU") {
        case "on": return true
        case "off": return false
        case nil:
            return (reader.environment["PATH"] ?? "").split(separator: ":")
                .contains { access("\($0)/nvidia-smi", X_OK) == 0 }
        case let text?: throw .setting("ODM_SIM_GPU", text, "give on or off")
        }
    }
}

/// Reads variables by their names without `ODM_SIM_`; an empty one counts as absent.
struct SettingsReader {
    let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    func text(_ name: String) -> String? { environment["ODM_SIM_\(name)"].flatMap { $0.isEmpty ? nil : $0 } }

    func number(_ name: String, default: Double, in range: ClosedRange<Double>) throws(Failure) -> Double {
        guard let text = text(name) else { return `default` }
        guard let number = Double(text), range.contains(number) else {
            throw .setting(
                "ODM_SIM_\(name)", text,
                "give a number from \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))")
        }
        return number
    }

    private static func plain(_ number: Double) -> String { String(format: "%.0f", number) }
}

/// What goes wrong in a simulated run, by the name that `ODM_SIM_FAULT` takes.
public enum Fault: String, CaseIterable, Sendable {
    case none
    case outOfMemory = "oom-child"
    case survivedOutOfMemory = "oom-child-survived"
    case containerOutOfMemory = "oom-container"
    case ignoresTerm = "ignore-term"
    case hangs = "hang"
    case diskFull = "disk-full"
    case strangeValues = "strange-values"
    case noOverlap = "no-overlap"
    case noOrthophoto = "no-orthophoto"
    case brokenOrthophoto = "broken-orthophoto"
    case noCRS = "no-crs"
    case emptyOrthophoto = "empty-orthophoto"
    case gpuFallback = "gpu-fallback"
    case chatter
    case crash
    case abort
    case badImage = "bad-image"
    case badArguments = "bad-arguments"
    case exits = "exit"
    case lost
    case random

    /// One line for `--help`.
    var explanation: String {
        switch self {
        case .none: "all goes well"
        case .outOfMemory: "a child fills the container's memory until the kernel kills it; ODM says so, exit 137"
        case .survivedOutOfMemory: "the same, but the run goes on and ends well: exit 0 with the engine's OOM mark"
        case .containerOutOfMemory: "the kernel kills the container's first process"
        case .ignoresTerm: "deaf to SIGTERM and SIGINT, otherwise well"
        case .hangs: "goes silent at 0 % CPU and never ends"
        case .diskFull: "fills the disk, or writes ODM_SIM_DISK bytes; exit 1, no log.json"
        case .strangeValues: "a child fails; ODM's catch-all sentence, exit 1"
        case .noOverlap: "the reconstruction is empty, exit 1"
        case .noOrthophoto: "exit 0 and success in log.json, but no orthophoto"
        case .brokenOrthophoto: "exit 0 and success, but only the first half of the orthophoto's file"
        case .noCRS: "exit 0 and success, but an orthophoto without a coordinate system"
        case .emptyOrthophoto: "exit 0 and success, but all pixels are transparent"
        case .gpuFallback: "the GPU fails and the CPU takes over: the rest takes twice as long"
        case .chatter: "prints ODM_SIM_CHATTER bytes of log on its way"
        case .crash: "a child ends with a segmentation fault, exit 139"
        case .abort: "a child aborts, exit 134"
        case .badImage: "a program that ODM needs is missing, exit 3"
        case .badArguments: "refuses its command line, exit 2"
        case .exits: "a child ends with ODM_SIM_EXIT, and so does the run"
        case .lost: "ends with 0 at once, without log.json, as an engine says of a run it has lost"
        case .random: "one of ODM_SIM_MIX"
        }
    }
}

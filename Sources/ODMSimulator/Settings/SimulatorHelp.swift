extension SimulatorSettings {
    public static let versionText = "odm-simulator 1.0 (says what ODM 3.6.0 says)"

    /// Printed by `--help`.
    public static let helpText = """
        usage: odm-simulator [options of ODM] <dataset name>

        Says and writes what OpenDroneMap 3.6.0 would: log lines, progress datagrams (UDP, 127.0.0.1:6367), log.json,
        benchmark.txt, folders, exit codes, and a small orthophoto of the photos' own pixels, laid where their GPS
        says. It computes nothing. It is for seeing what a caller makes of ODM, at a chosen speed, with chosen faults.

        Takes ODM's options. --rerun, --rerun-from, --rerun-all, --end-with, --skip-orthophoto, --fast-orthophoto,
        --split, --feature-type and --no-gpu change what it prints and writes.

        variables (n: a number; fractions are allowed):
          ODM_SIM_SECONDS=n     how long the whole run takes; default 2
          ODM_SIM_FAULT=NAME    what goes wrong, see below; ignore-term may stand beside another one, with a comma
          ODM_SIM_FAULT_AT=n    the share of the run at which it does, 0 to 1; default 0.5
          ODM_SIM_EXIT=n        exit code of the fault exit; default 7
          ODM_SIM_DISK=n        bytes that the fault disk-full writes at most; default 268435456
          ODM_SIM_CHATTER=n     bytes that the fault chatter prints; default 100000000
          ODM_SIM_MIX=LIST      faults and weights of the fault random, as in none:60,oom-child:5
          ODM_SIM_SEED=n        makes random give the same fault to the same dataset name every time
          ODM_SIM_OOM_UNTIL=LIST  out of memory, unless the options are as gentle as all of these:
                                feature-quality=NAME, max-concurrency=n, orthophoto-resolution=n, split
          ODM_SIM_GPU=on|off    whether it finds a graphics card; by default whether nvidia-smi is in PATH
          ODM_SIM_PIXELS=n      the longer side of the orthophoto; default 600

        faults:
        \(faultList)

        Memory is filled only inside a container with a memory limit. Elsewhere the process that should be killed for
        memory kills itself.
        """

    private static var faultList: String {
        Fault.allCases.map { fault in
            let name = fault.rawValue
            return "  " + name + String(repeating: " ", count: max(1, 22 - name.count)) + fault.explanation
        }.joined(separator: "\n")
    }
}

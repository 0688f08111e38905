internal import Mosaic
internal import ODMFlags

/// One stage of a run: how much of its time it takes, and ODM's own percentage at its end.
struct StagePlan {
    let name: String
    let weight: Double
    let percent: Double
    let body: (SimulatedRun) throws -> Void

    /// Stages of the command line, in order. Their weights sum up to 1.
    static func stages(_ arguments: ODMArguments) -> [StagePlan] {
        let isFast = arguments.given["fast_orthophoto"] != nil
        let plans = [
            StagePlan(name: "dataset", weight: 0.04, percent: 5) { try $0.loadDataset() },
            StagePlan(name: "split", weight: 0.005, percent: 5) { try $0.split() },
            StagePlan(name: "merge", weight: 0.005, percent: 0) { try $0.merge() },
            StagePlan(name: "opensfm", weight: isFast ? 0.5 : 0.4, percent: 25) { try $0.reconstruct() },
            StagePlan(name: "openmvs", weight: 0.1, percent: 50) { try $0.densify() },
            StagePlan(name: "odm_filterpoints", weight: 0.03, percent: 52) { try $0.filterPoints() },
            StagePlan(name: "odm_meshing", weight: 0.06, percent: 60) { try $0.mesh() },
            StagePlan(name: "mvs_texturing", weight: 0.12, percent: 70) { try $0.texture() },
            StagePlan(name: "odm_georeferencing", weight: 0.04, percent: 80) { try $0.georeference() },
            StagePlan(name: "odm_dem", weight: 0.02, percent: 90) { try $0.makeDEM() },
            StagePlan(name: "odm_orthophoto", weight: 0.16, percent: 98) { try $0.makeOrthophoto() },
            StagePlan(name: "odm_report", weight: 0.01, percent: 99) { try $0.report() },
            StagePlan(name: "odm_postprocess", weight: 0.01, percent: 100) { try $0.postprocess() },
        ]
        return isFast ? plans.filter { $0.name != "openmvs" } : plans
    }

    /// Stages that a set too large for one piece goes through: its submodels ran within `split`.
    static let afterSplit: Set = ["dataset", "split", "merge", "odm_postprocess"]
}

extension ODMArguments {
    /// Whether a stage is to be done again, although its files are there.
    func reruns(_ stage: String) -> Bool {
        if given["rerun_all"] != nil || given["rerun"] == stage { return true }
        guard let first = given["rerun_from"].flatMap(ODMFlag.stages.firstIndex(of:)),
            let index = ODMFlag.stages.firstIndex(of: stage)
        else { return false }
        return index >= first
    }

    /// Whether ODM stops after this stage.
    func endsWith(_ stage: String) -> Bool { given["end_with"] == stage || given["rerun"] == stage }
}

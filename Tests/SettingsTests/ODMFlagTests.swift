import ODMFlags
import Testing

@Suite struct ODMFlagTests {
    @Test func everyOptionIsThereOnce() {
        #expect(Set(ODMFlag.all.map(\.name)).count == ODMFlag.all.count)
        #expect(ODMFlag.dropped.allSatisfy { ODMFlag.named($0) == nil })
    }

    @Test(arguments: [
        ("--max-concurrency", "1"), ("--orthophoto-resolution", "0.5"), ("--orthophoto-resolution", "1e1"),
        ("--gps-z-offset", "-12.5"), ("--crop", "0"), ("--feature-quality", "lowest"), ("--geo", "/project/geo.txt"),
        ("--boundary", #"{"type": "FeatureCollection", "features": []}"#), ("--sm-cluster", "http://cluster:3000"),
        ("--sm-cluster", "https://10.0.0.4/?token=x"), ("--sm-cluster", "http://odm.example.org:80/"),
        ("--primary-band", "Red edge"),
    ])
    func takesAValue(_ name: String, _ value: String) throws {
        #expect(try #require(ODMFlag.named(name)).accepts(value))
    }

    @Test(arguments: [
        ("--max-concurrency", "0"), ("--max-concurrency", "2.0"), ("--max-concurrency", "1_0"),
        ("--max-concurrency", "99999999999999999999"), ("--orthophoto-resolution", "-5"),
        ("--orthophoto-resolution", "0"), ("--orthophoto-resolution", "nan"), ("--orthophoto-resolution", "inf"),
        ("--orthophoto-resolution", "0x1p3"), ("--orthophoto-resolution", "1,5"), ("--orthophoto-resolution", ""),
        ("--crop", "-1"), ("--mesh-octree-depth", "15"), ("--feature-quality", "High"), ("--matcher-type", "hamming"),
        ("--geo", "geo.txt"), ("--boundary", "boundary.json"), ("--boundary", "{"), ("--boundary", "[1]"),
        ("--sm-cluster", "cluster:3000"), ("--sm-cluster", "http://my_cluster:3000"),
        ("--sm-cluster", "http://[::1]:3000"), ("--sm-cluster", "http://odm:99999"), ("--sm-cluster", "http://-a.org"),
        ("--sm-cluster", "http://u:p@host"), ("--primary-band", "a\nb"), ("--skip-report", "yes"),
    ])
    func refusesAValue(_ name: String, _ value: String) throws {
        #expect(try !#require(ODMFlag.named(name)).accepts(value))
    }

    @Test(arguments: [
        ["--project-path", "/project", "42"], ["--project-path", "/project", "42", "--dsm", "--crop=0"],
        ["--project-path", "/project", "42", "--gps-z-offset", "-1.5", "--split", "50"],
    ])
    func passesACommandLine(_ words: [String]) {
        #expect(ODMFlag.problem(inCommandLine: words) == nil)
    }

    @Test(arguments: [
        (["42", "--orthophoto-res", "3"], "--orthophoto-res is no option of ODM 3.6"),
        (["42", "--dsm", "--dsm"], "--dsm is there twice"), (["42", "--dsm=true"], "--dsm takes no value"),
        (["42", "--crop"], "--crop must be a number from 0 to 100000 (metres)"),
        (["42", "--gps-z-offset", "-1e1"], "the value of --gps-z-offset looks like an option"),
        (["42", "--rerun-all", "--rerun", "split"], "--rerun and --rerun-all exclude each other"),
        (["--dsm"], "there must be one dataset name, not 0"), (["1", "2"], "there must be one dataset name, not 2"),
    ])
    func findsWhatIsWrongWithACommandLine(_ words: [String], _ problem: String) {
        #expect(ODMFlag.problem(inCommandLine: words) == problem)
    }

    @Test func valuesThatLookLikeOptionsAreTiedToTheirs() {
        #expect(ODMFlag.words("--gps-z-offset", "-1e1") == ["--gps-z-offset=-1e1"])
        #expect(ODMFlag.words("--gps-z-offset", "-1.5") == ["--gps-z-offset", "-1.5"])
        #expect(ODMFlag.words("--dsm", nil) == ["--dsm"])
    }
}

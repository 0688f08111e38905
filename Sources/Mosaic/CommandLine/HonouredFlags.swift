import ODMFlags

extension ODMFlag {
    /// Options that change what `orthopreview` does.
    static let honoured: Set<String> = [
        "--project-path", "--orthophoto-resolution", "--ignore-gsd", "--max-concurrency", "--skip-orthophoto",
        "--orthophoto-compression", "--orthophoto-no-tiled", "--gps-accuracy",
    ]

    /// Options that ODM has and that mean nothing to a flat preview: taken, checked, and without effect.
    static let ignored = all.filter { !honoured.contains($0.name) }
}

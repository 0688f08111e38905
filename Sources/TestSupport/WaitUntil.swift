public import Testing

/// Asks again and again until it is true; records an issue after `limit`.
public func waitUntil(
    within limit: Duration = .seconds(30), _ what: @autoclosure () -> Comment,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record(what(), sourceLocation: sourceLocation)
}

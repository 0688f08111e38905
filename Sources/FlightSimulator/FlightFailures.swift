internal import Failures

extension Failure {
    static func flightOption(_ sentence: String) -> Failure {
        Failure("flight_option", sentence)
    }

    static func flightNotWritten(_ name: String, _ reason: String) -> Failure {
        Failure("flight_not_written", "writing \(name) failed: \(reason)", retry: .later)
    }

    static func flightPlace(latitude: Double, longitude: Double) -> Failure {
        Failure(
            "flight_place",
            "no flight can be simulated at \(latitude), \(longitude): choose a place within 80 degrees of the equator")
    }
}

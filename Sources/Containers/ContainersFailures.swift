import Failures

extension Failure {
    static func dockerHostInvalid(_ host: String) -> Failure {
        Failure(
            "docker_host_invalid",
            "DOCKER_HOST says \"\(host)\", which is neither unix:///path/of/socket nor tcp://host:port")
    }

    static func curlUnusable(_ reason: String = "out of memory") -> Failure {
        Failure("curl_unusable", "libcurl could not be set up: \(reason)", retry: .later)
    }

    static func engineClosed(_ request: HTTPRequest) -> Failure {
        Failure("docker_closed", "\(request.purpose): this program is shutting down", retry: .later)
    }

    static func dockerUnreachable(_ request: HTTPRequest, reason: String) -> Failure {
        Failure(
            "docker_unreachable", "\(request.purpose): the Docker Engine cannot be reached; is it running?",
            detail: "\(request.endpoint): \(reason)", retry: .later)
    }

    static func dockerSilent(_ request: HTTPRequest, limit: Duration) -> Failure {
        Failure(
            "docker_unreachable",
            "\(request.purpose): the Docker Engine did not answer within \(limit.components.seconds) s",
            detail: "\(request.endpoint)", retry: .later)
    }

    static func dockerTooOld(_ version: String) -> Failure {
        Failure(
            "docker_too_old",
            "the Docker Engine speaks API \(version) at most, and \(EngineVersion.oldest) is needed: install Docker 20.10 or newer"
        )
    }

    static func dockerTooNew(_ version: String) -> Failure {
        Failure(
            "docker_too_new",
            "the Docker Engine insists on API \(version), and this program knows up to \(EngineVersion.newest): update it"
        )
    }

    static func dockerAnswerUnreadable(_ purpose: String, reason: String) -> Failure {
        Failure(
            "docker_answer_unreadable", "\(purpose): the Docker Engine's answer could not be understood",
            detail: reason, retry: .later)
    }

    /// The engine said no. What it says may name paths of the host, so it is for the operator.
    static func dockerRefused(_ purpose: String, status: Int, message: String) -> Failure {
        Failure(
            "docker_error", "\(purpose): the Docker Engine refused", detail: "HTTP \(status): \(message)",
            retry: status >= 500 ? .later : .never)
    }

    static func imageMissing(_ image: String, message: String) -> Failure {
        Failure(
            "image_missing", "the image \(image) is not on this host: pull it with docker pull \(image)",
            detail: message)
    }

    static func imagePullFailed(_ image: String, message: String) -> Failure {
        Failure("image_pull_failed", "the image \(image) could not be pulled", detail: message, retry: .later)
    }

    static func gpuMissing(message: String) -> Failure {
        Failure(
            "gpu_missing",
            "Docker on this host has no GPU: install the NVIDIA Container Toolkit, or run without a GPU",
            detail: message)
    }

    static func mountMissing(message: String) -> Failure {
        Failure(
            "mount_missing", "a folder that the container needs does not exist where the Docker Engine runs",
            detail: message)
    }

    static func commandMissing(_ purpose: String, message: String) -> Failure {
        Failure("command_missing", "\(purpose): the image lacks the program that should run in it", detail: message)
    }

    static func containerNameTaken(_ name: String, message: String) -> Failure {
        Failure(
            "container_name_taken", "there already is a container named \(name)", detail: message, retry: .later)
    }

    static func containerGone(_ id: String) -> Failure {
        Failure("container_gone", "the container was removed by somebody else", detail: id, retry: .later)
    }

    static func containerNotStarted(_ id: String, error: String) -> Failure {
        Failure(
            "container_not_started", "the container was created, but never started", detail: "\(id): \(error)",
            retry: .later)
    }

    static func containerNotAsAsked(_ differences: [String]) -> Failure {
        Failure(
            "container_not_as_asked",
            "the Docker Engine did not apply the container's limits: "
                + differences.joined(separator: ", "))
    }

    static func containerSurvived(_ id: String, waited: Duration) -> Failure {
        Failure(
            "container_survived",
            "the container could not be killed: it still ran \(waited.components.seconds) s after it was told to end",
            detail: id, retry: .later)
    }

    static func logsUnavailable(_ id: String, message: String) -> Failure {
        Failure("logs_unavailable", "the container's output is not kept by its log driver", detail: "\(id): \(message)")
    }
}

import Containers
import Settings

extension Doctor {
    var docker: Probe {
        Probe(
            name: "docker",
            advice:
                "start the Docker Engine, set DOCKER_HOST to where it runs, or let this user use its socket (group docker)"
        ) {
            let engine = try engine()
            let version = try await engine.negotiatedVersion()
            let info = try await engine.info()
            return .ok(
                "Docker Engine \(info.serverVersion), API \(version), \(info.cpus) CPUs, control groups v\(info.cgroupVersion)"
            )
        }
    }

    var liveRestore: Probe {
        Probe(name: "docker live-restore", advice: Self.askDockerAgain) {
            guard try await engine().info().hasLiveRestore else {
                return .warning(
                    "off: a restart or an upgrade of the Docker Engine ends ODM runs that have gone on for hours",
                    advice: "put \"live-restore\": true into /etc/docker/daemon.json and reload the engine")
            }
            return .ok("on: ODM runs outlive a restart of the Docker Engine")
        }
    }

    var image: Probe {
        Probe(name: "odm image", advice: Self.askDockerAgain) {
            let name = settings.odm.image
            guard let image = try await engine().inspectImage(name) else {
                return .failed(
                    "\(name) is not on this host",
                    advice: "docker pull \(name), or set ODM_IMAGE to an image that is there")
            }
            return .ok("\(name), \(image.size >> 20) MiB, \(image.digest ?? "made here: \(image.id.prefix(19))")")
        }
    }

    var gpu: Probe {
        Probe(name: "gpu", advice: Self.askDockerAgain) {
            let hasRuntime = try await engine().info().hasNvidiaRuntime
            switch (settings.odm.gpu, hasRuntime) {
            case (.off, _): return .ok("not used, as ODM_GPU says")
            case (_, true): return .ok("Docker has the NVIDIA runtime")
            case (.auto, false):
                return .warning(
                    "Docker has no NVIDIA runtime: ODM works on the CPU, which takes longer",
                    advice: "install the NVIDIA Container Toolkit, or set ODM_GPU=off to say that this is meant")
            case (.required, false):
                return .failed(
                    "ODM_GPU asks for a GPU, and Docker has no NVIDIA runtime",
                    advice: "install the NVIDIA Container Toolkit, or set ODM_GPU=auto")
            }
        }
    }

    private static let askDockerAgain = "run deadtrees doctor again; the engine's own log says more"
}

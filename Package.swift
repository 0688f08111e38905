// swift-tools-version: 6.1
import PackageDescription

// Warnings are errors. A newer compiler than ours may know new warnings: LENIENT_BUILD=1 lets it pass.
let strictness: [SwiftSetting] =
    Context.environment["LENIENT_BUILD"] == nil ? [.unsafeFlags(["-warnings-as-errors"])] : []
let settings: [SwiftSetting] =
    strictness + [
        .enableUpcomingFeature("ExistentialAny"),  // SE-0335
        .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
        .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    ]

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let filePath: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let jwt: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}
/// Loops over millions of pixels: optimised in debug builds too, where they would take minutes.
func pixelModule(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings + [.unsafeFlags(["-O"])])
}
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: ["TestSupport"] + dependencies, swiftSettings: settings)
}

let package = Package(
    name: "deadtrees",
    products: [
        .executable(name: "deadtrees", targets: ["deadtrees"]),
        .executable(name: "orthopreview", targets: ["orthopreview"]),
        .executable(name: "odm-simulator", targets: ["odm-simulator"]),
        // For tests: preloaded into a worker, it moves the clock.
        .library(name: "ClockJump", type: .dynamic, targets: ["ClockJump"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: ["FullFoundation"]),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // Data flows down this list: programs, worker, tasks, what tasks stand on, C libraries.
        program(
            "deadtrees",
            [
                "API", "Worker", "Tasks", "DB", "Storage", "Containers", "Raster", "Imagery", "FlightSimulator",
                "NativeChild", "Web", "Checksums", "Settings", "Execution", "Failures", arguments, lifecycle, log,
            ]),
        program("orthopreview", ["Mosaic", "Imagery", "Raster", "Failures", arguments]),
        program("odm-simulator", ["ODMSimulator", "Mosaic", "Failures"]),

        .executableTarget(
            name: "queue-bench",
            dependencies: [
                "Worker", "Tasks", "DB", "Storage", "Containers", "NativeChild", "Settings", "Failures", lifecycle,
                signals, log,
            ],
            path: "Benchmarks/QueueBench", swiftSettings: settings),
        .executableTarget(
            name: "storage-bench", dependencies: ["Storage", "Settings", "Failures", arguments, log],
            path: "Benchmarks/StorageBench", swiftSettings: settings),

        module(
            "API",
            [
                "Tasks", "DB", "Storage", "NativeChild", "Settings", "Execution", "Checksums", "Failures", hummingbird,
                hummingbirdCore, httpTypes, nio, nioHTTPTypes, jwt, lifecycle, log,
            ]),
        module(
            "Worker", ["Tasks", "DB", "Storage", "Containers", "NativeChild", "Failures", lifecycle, log]),
        module(
            "Tasks",
            [
                "DB", "Storage", "Containers", "Raster", "Imagery", "NativeChild", "Settings", "ODMFlags",
                "Execution", "Failures", log,
            ]),

        module("Storage", ["SFTP", "Checksums", "Execution", "Settings", "Failures", log]),
        module("SFTP", ["CLibSSH2", "Execution", "Failures"]),
        module("Containers", ["CLibCurl", "Failures", log]),
        module("Web", ["CLibCurl", "Execution", "Failures"]),
        module("NativeChild", ["Failures", subprocess, filePath]),
        module("DB", ["CLibPQ", "Execution", "Failures", log]),
        pixelModule("Mosaic", ["Imagery", "Raster", "ODMFlags", "Failures"]),
        pixelModule("ODMSimulator", ["Mosaic", "Imagery", "Raster", "ODMFlags", "Failures"]),
        pixelModule("FlightSimulator", ["Raster", "Failures"]),
        pixelModule("Raster", ["CGDAL", "CTurboJPEG", "CLibDeflate", "CLibZstd", "CPixels", "Checksums", "Failures"]),
        pixelModule("Imagery", ["CLibExif", "CLibZip", "Failures"]),
        // Ours, in C: vectors that are compiled for more than one kind of processor.
        .target(name: "CPixels", cSettings: [.unsafeFlags(["-O3", "-Werror"])]),
        module("Settings", ["ODMFlags", "Failures"]),
        module("ODMFlags", []),
        module("Checksums", ["CLibCrypto"]),
        module("Execution", [lifecycle, signals, log]),
        module("Failures", []),

        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLibSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CGDAL", pkgConfig: "gdal", providers: [.apt(["libgdal-dev"])]),
        .systemLibrary(
            name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
        .systemLibrary(name: "CLibZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CLibDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CLibExif", pkgConfig: "libexif", providers: [.apt(["libexif-dev"])]),
        .systemLibrary(name: "CLibZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),

        module("TestSupport", ["DB", "Failures", log]),
        .executableTarget(
            name: "native-child-fixture", dependencies: ["NativeChild", "Failures"],
            path: "Tests/NativeChildFixture", swiftSettings: settings),
        .executableTarget(
            name: "queue-chaos",
            dependencies: [
                "TestSupport", "Worker", "Tasks", "DB", "Storage", "Containers", "NativeChild", "Execution", "Failures",
                arguments, lifecycle, log,
            ], path: "Tests/Chaos", swiftSettings: settings),
        tests("NativeChildTests", ["native-child-fixture", "deadtrees", "NativeChild", "Tasks", "Failures"]),
        tests("DBTests", ["DB", "Execution"]),
        tests("SettingsTests", ["Settings", "ODMFlags", "Failures"]),
        tests("ChecksumsTests", ["Checksums"]),
        tests("SFTPTests", ["SFTP", "Failures"]),
        tests("StorageTests", ["Storage", "SFTP", "Checksums", "Settings", "Failures", log]),
        tests("WebTests", ["Web", "Execution", "Failures"]),
        tests("ContainersTests", ["Containers", "Failures"]),
        tests("RasterTests", ["Raster", "CPixels", "CGDAL", "Failures"]),
        tests("ImageryTests", ["deadtrees", "Tasks", "NativeChild", "Imagery", "Failures"]),
        tests("MosaicTests", ["Mosaic", "FlightSimulator", "Imagery", "Raster", "Failures"]),
        tests("ODMSimulatorTests", ["odm-simulator", "Tasks", "Mosaic", "Containers", "Raster", "Failures"]),
        tests(
            "TasksTests",
            [
                "deadtrees", "Tasks", "Imagery", "DB", "Storage", "Containers", "NativeChild", "Raster", "Settings",
                "ODMFlags", "Failures", log,
            ]),
        tests(
            "WorkerTests",
            [
                "deadtrees", "orthopreview", "odm-simulator", "Worker", "Tasks", "DB", "Storage", "Containers",
                "Settings", "Failures",
            ]),
        .target(name: "ClockJump", path: "Tests/ClockJump"),
        tests(
            "FaultTests",
            [
                "deadtrees", "orthopreview", "odm-simulator", "queue-chaos", "ClockJump", "Worker", "Containers", "DB",
                log,
            ]),
        tests(
            "APITests",
            [
                "deadtrees", "API", "Tasks", "DB", "Storage", "Settings", "Failures", "Checksums", httpTypes, nio,
                nioEmbedded,
                nioHTTPTypes, jwt, log,
            ]),
        tests("CommandTests", ["deadtrees", "DB", "Containers", "Failures"]),
    ],
    swiftLanguageModes: [.v6]
)

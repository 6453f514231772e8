"""Prints what an image holds, as SPDX 2.3 in JSON: the program, the Swift packages in it, the Debian packages beside it.

    hack/image-sbom.py PROGRAM DEBIAN_PACKAGE...

Versions are those of this build: Package.resolved, the compiler, dpkg. SOURCE_DATE_EPOCH sets the time.
"""
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys

LICENSE_OF_SWIFT_PACKAGES = "Apache-2.0"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def program_version():
    text = open("Sources/kgateway/Version.swift", encoding="utf-8").read()
    return re.search(r'static let number = "([^"]+)"', text).group(1)


def package(identity, name, version, location, license_name, purl=None):
    found = {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", identity),
        "name": name,
        "versionInfo": version,
        "downloadLocation": location,
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": license_name,
        "copyrightText": "NOASSERTION",
    }
    if purl:
        found["externalRefs"] = [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
        ]
    return found


def swift_packages():
    """Those that the program's product depends on, itself or through others."""
    resolved = {pin["identity"]: pin for pin in json.load(open("Package.resolved", encoding="utf-8"))["pins"]}
    for identity, pin in sorted(resolved.items()):
        location, state = pin["location"].removesuffix(".git"), pin["state"]
        version = state.get("version", state["revision"])
        path = location.removeprefix("https://")
        yield package(
            f"swift-{identity}", identity, version, f"git+{location}@{state['revision']}", LICENSE_OF_SWIFT_PACKAGES,
            f"pkg:swift/{path}@{version}")


def toolchain():
    version = re.search(r"Swift version ([0-9.]+)", output("swift", "--version")).group(1)
    return package(
        "swift-standard-library", "swift", version, "https://www.swift.org", "Apache-2.0 WITH Swift-exception")


def debian_packages(names):
    release = re.search(r'VERSION_ID="?([0-9]+)', open("/etc/os-release", encoding="utf-8").read())
    distro = f"&distro=debian-{release.group(1)}" if release else ""
    for name in names:
        version, architecture = output(
            "dpkg-query", "-W", "-f", "${Version} ${Architecture}\n", name).splitlines()[0].split(" ")
        yield package(
            f"debian-{name}", name, version, "NOASSERTION", "NOASSERTION",
            f"pkg:deb/debian/{name}@{version}?arch={architecture}{distro}")


def main(program, debian_names):
    digest = hashlib.sha256(open(program, "rb").read()).hexdigest()
    version = program_version()
    root = package("kgateway", "kgateway", version, "NOASSERTION", "Apache-2.0")
    root["primaryPackagePurpose"] = "APPLICATION"
    root["checksums"] = [{"algorithm": "SHA256", "checksumValue": digest}]
    parts = [*swift_packages(), toolchain(), *debian_packages(debian_names)]
    when = datetime.datetime.fromtimestamp(
        int(os.environ.get("SOURCE_DATE_EPOCH") or datetime.datetime.now().timestamp()), datetime.timezone.utc)
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", root["SPDXID"])]
    relations += [(root["SPDXID"], "DEPENDS_ON", part["SPDXID"]) for part in parts]
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"kgateway-{version}",
        "documentNamespace": f"https://kgateway.dev/spdx/kgateway-{version}-{digest}",
        "creationInfo": {
            "created": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": [f"Tool: kgateway-hack-image-{version}"]},
        "packages": [root, *parts],
        "relationships": [
            {"spdxElementId": source, "relationshipType": kind, "relatedSpdxElement": target}
            for source, kind, target in relations
        ],
    }
    json.dump(document, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

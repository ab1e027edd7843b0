#!/bin/sh
# Compares how long it takes to check a recipe of 1,000 lines: `onelayer validate` and two that check by the schema.
#
#   benches/validate.sh
#
# Processor time (user and system) of whole processes, alternated, medians of nine; ROUNDS=n changes the nine. Of
# yaml-language-server it is the server's alone, from its start to its end. Needs node, npm and python3 with venv;
# check-jsonschema is installed from PyPI into target/check-jsonschema. Exits with 1 unless onelayer takes less than
# 10 ms and each of the others at least 20 times as long.
set -eu
cd "$(dirname "$0")/.."
tests/editors/install.sh
[ -x target/check-jsonschema/bin/check-jsonschema ] || {
	python3 -m venv target/check-jsonschema
	target/check-jsonschema/bin/pip install --quiet check-jsonschema==0.39.0
}
cargo build --quiet --release
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
exec python3 - "$target/release/onelayer" "${ROUNDS:-9}" << 'END'
import json, os, pathlib, resource, statistics, subprocess, sys, tempfile

ONELAYER, ROUNDS = sys.argv[1], int(sys.argv[2])
SCHEMA = pathlib.Path("schema/recipe.schema.json").resolve()
LINES = 1000


def recipe(has_args):
    """A recipe as a large project has it: many packages, and steps of every common kind."""
    value = "${{ args.VERSION }}" if has_args else "1.4.2"
    lines = [
        f"# yaml-language-server: $schema={SCHEMA}",
        "name: large-application",
        "description: What a large project builds its service from",
        "base: scratch",
    ]
    if has_args:
        lines += ["args:", "  VERSION: 1.4.2"]
    lines += [
        "packages:",
        "  manager: dnf",
        '  releasever: "9"',
        "  repositories:",
    ]
    for name in ["baseos", "appstream", "extras"]:
        lines += [
            f"    - id: {name}",
            f"      baseurl: https://mirror.example/9/{name}/$basearch/os/",
            "      gpgkey: keys/RPM-GPG-KEY-example",
        ]
    lines += ["  setopts:", "    install_weak_deps: false", "    tsflags: nodocs", "  install:"]
    for transaction in range(12):
        names = [f"library-{transaction}-{number}" for number in range(9)]
        lines.append("    - [" + ", ".join(names) + "]")
    tail = ["config:", "  entrypoint: [/usr/bin/service, --config, /etc/service.conf]", "  exposed_ports: [8080, 9090/tcp]"]
    tail += ["  user: service", "  env:"] + [f"    SERVICE_OPTION_{number}: {number}" for number in range(40)]
    tail += ["  labels:"] + [f"    example.team/label-{number}: value {number}" for number in range(40)]
    tail += ["output:", "  compression: gzip", "  tags: [latest]"]
    lines.append("steps:")
    number = 0
    while True:
        steps = [
            f"  # Component {number}",
            f"  - name: build component {number}",
            "    run: |",
            f"      cd /src/component-{number}",
            "      ./configure --prefix=/usr --disable-static",
            '      make -j"$(nproc)" && make install',
            "    env:",
            f'      COMPONENT: "{number}"',
            f'      VERSION: "{value}"',
            "    timeout: 20m",
            f"  - copy: components/{number}/files",
            f"    to: /usr/share/component-{number}",
            '    mode: "0644"',
            f"  - write: /etc/component-{number}.conf",
            f'    content: "number = {number}\\n"',
            f"  - link: /usr/bin/component-{number}",
            f"    target: ../lib/component-{number}/run",
        ]
        if len(lines) + len(steps) + len(tail) > LINES:
            break
        lines += steps
        number += 1
    while len(lines) + len(tail) < LINES:
        lines.append("  # Nothing more is built")
    return "\n".join(lines + tail) + "\n"


def seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(arguments, stdin=b"", own=None):
    before = seconds()
    done = subprocess.run(arguments, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    took = seconds() - before
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    if own:
        took -= float(own.read_text())
    return took, done.stdout


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    path, own = folder / "recipe.yaml", folder / "driver"
    text = recipe("args" in json.loads(SCHEMA.read_text())["properties"])
    path.write_text(text)
    request = json.dumps([{"path": str(path), "text": text}]).encode()
    driver = ["node", "tests/editors/language_server.js", "target/editors", str(own)]
    schema = ["target/check-jsonschema/bin/check-jsonschema", "--schemafile", str(SCHEMA), str(path)]
    tools = {
        "`onelayer validate`": lambda: measure([ONELAYER, "validate", str(path)]),
        "yaml-language-server": lambda: measure(driver, request, own),
        "check-jsonschema": lambda: measure(schema),
    }
    times = {name: [] for name in tools}
    for round in range(ROUNDS):
        for name, run in tools.items():
            took, output = run()
            times[name].append(took)
            if name == "yaml-language-server":
                assert json.loads(output)[0]["diagnostics"] == [], output
    medians = {name: statistics.median(taken) for name, taken in times.items()}

ours = medians["`onelayer validate`"]
print(f"{len(text.splitlines()):,} lines, {len(text):,} bytes, {os.cpu_count()} processors, {ROUNDS} rounds\n")
print("| | processor time, ms | onelayer takes less by |")
print("|---|---|---|")
for name, median in medians.items():
    ratio = "" if median == ours else f"{median / ours:.0f}"
    print(f"| {name} | {median * 1000:.1f} | {ratio} |")
worst = min(median / ours for name, median in medians.items() if median != ours)
sys.exit(0 if ours < 0.010 and worst >= 20 else 1)
END

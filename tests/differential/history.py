#!/usr/bin/env python3
"""What btfreloc history says of the kernels of the corpus, against what pahole says of each.

stories:  well-known members and what became of them: names, places and sizes in every kernel, and
          that the steps lie where pahole's answers differ
places:   members of many structs, in every kernel
picture:  the SVG is drawn, and holds what it must: by its elements and by its pixels
"""

import argparse
import json
import re
import struct
import subprocess
import tempfile
import xml.etree.ElementTree
import zlib
from pathlib import Path

import support

MEMBER = re.compile(r"^\t+.*?\(?\*?\b(\w+)\)?(?:\[\d*\]|\([^;]*\)|:\d+)*;?\s*"
                    r"(?:__attribute__\(\(\w+\(\d+\)\)\))?\s*;?\s*/\*\s*(\d+)\s+(\d+)\s*\*/")
SIZE = re.compile(r"/\* size: (\d+)")

# Names that one member had, in the order in which kernels came to them.
STORIES = {
    "task_struct.state": [["state"], ["__state"]],
    "inode.i_ctime": [["i_ctime"], ["__i_ctime"], ["i_ctime_sec", "i_ctime_nsec"]],
    "kernfs_node.parent": [["parent"], ["__parent"]],
    "request.rq_disk": [["rq_disk"]],
    "net_device.name": [["name"]],
    "bpf_map.map_type": [["map_type"]],
    "file.f_count": [["f_count"], ["f_ref"]],
}
STRUCTS = ["task_struct", "inode", "net_device", "bpf_map", "file", "sock", "mm_struct", "cgroup",
           "bpf_prog", "super_block", "dentry", "request_queue"]


def unpack_kernels(folder, pattern):
    """{label: path} of kernels."""
    kernels = {}
    for packed in sorted(support.corpus("kernels").glob(pattern)):
        path = Path(folder, packed.name.removesuffix(".xz"))
        path.write_bytes(support.read_xz(packed))
        kernels[path.name.removesuffix(".btf")] = path
    return kernels


class Layout:
    """The members of a struct outside of named ones, and its size, as pahole prints them."""

    def __init__(self, name, path):
        done = subprocess.run([support.tool("pahole"), "--suppress_aligned_attribute", "-C", name,
                               str(path)], check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
        self.members = {}
        self.bitfields = set()  # pahole tells their places in other words
        self.size = None
        depths = []  # True where members are those of a struct with a name of its own
        lines = done.stdout.splitlines()
        for number, line in enumerate(lines):
            stripped = line.strip()
            if re.match(r"^\t+(?:const |volatile )*(struct|union|enum)(?: \w+)? \{", line):
                depths.append(self._is_named(lines, number))
            elif stripped.startswith("}"):
                if depths:
                    depths.pop()
                match = re.match(r"^\t+\} ?(\w+)(?:\[\d*\])*;\s*/\*\s*(\d+)\s+(\d+)", line)
                if match and not any(depths):
                    self.members[match[1]] = (int(match[2]), int(match[3]))
            elif not any(depths):
                bits = re.search(r"(\w+):\d+;", stripped)
                match = MEMBER.match(line)
                if bits:
                    self.bitfields.add(bits[1])
                elif match:
                    self.members[match[1]] = (int(match[2]), int(match[3]))
            size = SIZE.search(line)
            if size and line.startswith("\t/* size:"):
                self.size = int(size[1])

    @staticmethod
    def _is_named(lines, begin):
        """Whether the body that begins there ends with a name: `} name;`."""
        indent = len(lines[begin]) - len(lines[begin].lstrip("\t"))
        for line in lines[begin + 1:]:
            if line.startswith("\t" * indent + "}"):
                return re.match(r"^\t+\} ?\w", line) is not None
        return False


def history(btfreloc, kernels, question, *options):
    done = subprocess.run([btfreloc, "history", question, "-k", ",".join(map(str, kernels)),
                           "--arch", "all", "--json", *options],
                          check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise RuntimeError(f"{question}: {done.stderr.decode(errors='replace')}")
    return json.loads(done.stdout)


def places_of(entry):
    return {field["path"]: (field["offset"], field["size"]) for field in entry["fields"]}


def compare_story(comparison, btfreloc, kernels, question, names):
    type_name = question.split(".")[0]
    layouts = {label: Layout(type_name, path) for label, path in kernels.items()}
    document = history(btfreloc, kernels.values(), question)
    assert len(document["timelines"]) == 1, "all kernels are of one architecture"
    timeline = document["timelines"][0]
    expected = []
    for entry in timeline["entries"]:
        layout = layouts[entry["kernel"]]
        known = next((c for c in names if all(name in layout.members for name in c)), [])
        expected.append({name: layout.members[name] for name in known})
        where = f"{question} in {entry['kernel']}"
        comparison.check(places_of(entry), expected[-1], where)
        comparison.check(entry["type_size"], layout.size, f"size of {where}")
    labels = [entry["kernel"] for entry in timeline["entries"]]
    steps = [[labels[i - 1], labels[i]] for i in range(1, len(labels))
             if expected[i - 1] != expected[i]]
    comparison.check([[step["before"], step["after"]] for step in timeline["steps"]], steps,
                     f"steps of {question}")
    return timeline, layouts


def stories(btfreloc):
    comparison = support.Comparison("answers")
    with tempfile.TemporaryDirectory() as folder:
        kernels = unpack_kernels(folder, "amd64/*.btf.xz")
        found = {question: compare_story(comparison, btfreloc, kernels, question, names)
                 for question, names in STORIES.items()}
        # rq_disk went when request_queue.disk came: Linux kernel commit f3fa33acca9f ("block: remove
        # the ->rq_disk field in struct request").
        timeline, _ = found["request.rq_disk"]
        step = timeline["steps"][0]
        comparison.check(step["change"]["what"], "removed", "request.rq_disk")
        elsewhere = {one["path"]: one["field"]["offset"] for one in step["elsewhere"]}
        queue = Layout("request_queue", kernels[step["after"]])
        comparison.check(elsewhere.get("q->disk"), queue.members["disk"][0], "q->disk")
        changes = {question: [step["change"]["what"] for step in timeline["steps"]]
                   for question, (timeline, _) in found.items()}
        comparison.check(changes["task_struct.state"][0], "renamed", "task_struct.state")
        comparison.check("split" in changes["inode.i_ctime"], True, "inode.i_ctime")
    comparison.finish()


def places(btfreloc):
    comparison = support.Comparison("places")
    with tempfile.TemporaryDirectory() as folder:
        kernels = unpack_kernels(folder, "amd64/*.btf.xz")
        for name in STRUCTS:
            layouts = {label: Layout(name, path) for label, path in kernels.items()}
            members = sorted(set.union(*(set(layout.members) for layout in layouts.values())))
            for member in members[::29]:
                document = history(btfreloc, kernels.values(), f"{name}.{member}")
                for entry in document["timelines"][0]["entries"]:
                    layout = layouts[entry["kernel"]]
                    comparison.check(entry["has_path"],
                                     member in layout.members or member in layout.bitfields,
                                     f"{name}.{member} in {entry['kernel']}")
                    if entry["has_path"] and member in layout.members:
                        comparison.check(places_of(entry)[member], layout.members[member],
                                         f"{name}.{member} in {entry['kernel']}")
    comparison.finish()


def read_png(path):
    """(width, height, rows of RGBA bytes) of a picture as rsvg-convert writes it."""
    data = path.read_bytes()
    at, packed = 8, b""
    while at < len(data):
        length, = struct.unpack(">I", data[at:at + 4])
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", body)
            assert (depth, color, interlace) == (8, 6, 0)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    raw, rows, before = zlib.decompress(packed), [], bytes(4 * width)
    for y in range(height):
        begin = y * (4 * width + 1)
        row = unfilter(raw[begin], bytearray(raw[begin + 1:begin + 1 + 4 * width]), before)
        rows.append(row)
        before = row
    return width, height, rows


def unfilter(kind, row, up):
    for i, value in enumerate(row):
        left = row[i - 4] if i >= 4 else 0
        corner = up[i - 4] if i >= 4 else 0
        if kind == 1:
            value += left
        elif kind == 2:
            value += up[i]
        elif kind == 3:
            value += (left + up[i]) // 2
        elif kind == 4:
            guess = left + up[i] - corner
            value += min((left, up[i], corner), key=lambda near: abs(guess - near))
        row[i] = value & 0xff
    return row


def boxes_of(root):
    """Those of members, by the column they are in: (top, bottom), and the page's size."""
    columns = {}
    for box in root.iter("{http://www.w3.org/2000/svg}rect"):
        if not box.get("class").startswith("box") or float(box.get("width")) < 100:
            continue
        top = float(box.get("y"))
        columns.setdefault(float(box.get("x")), []).append((top, top + float(box.get("height"))))
    return columns


def check_elements(comparison, path, question, kernels):
    root = xml.etree.ElementTree.parse(path).getroot()
    width, height = float(root.get("width")), float(root.get("height"))
    texts = "".join(text for text in root.itertext())
    for name in (question.split(".")[-1], *kernels):
        comparison.check(name in texts, True, f"{name} in the picture of {question}")
    for element in root.iter():
        for side, most in (("x", width), ("y", height)):
            if element.get(side) is not None:
                comparison.check(0 <= float(element.get(side)) <= most, True,
                                 f"{element.tag} within the picture of {question}")
    for boxes in boxes_of(root).values():
        ordered = sorted(boxes)
        overlaps = [a for a, b in zip(ordered, ordered[1:]) if a[1] > b[0] + 0.2]
        comparison.check(overlaps, [], f"boxes of {question}")


def check_pixels(comparison, rsvg, svg, question):
    png = svg.with_suffix(".png")
    subprocess.run([rsvg, "-w", "500", str(svg), "-o", str(png)], check=True)
    _, height, rows = read_png(png)
    colors = {}
    for row in rows:
        for i in range(0, len(row), 4):
            color = bytes(row[i:i + 3])
            colors[color] = colors.get(color, 0) + 1
    total = 500 * height
    comparison.check(colors.get(b"\xff\xff\xff", 0) > total // 3, True, f"{question}: a light page")
    # Blue is what was asked for, and nothing else.
    blue = sum(n for c, n in colors.items() if c[2] > c[0] + 80 and c[2] > c[1] + 40)
    comparison.check(blue > total // 400 if "." in question else blue == 0, True,
                     f"{question}: {blue} blue pixels of {total}")


def picture(btfreloc):
    rsvg = support.tool("rsvg-convert")
    comparison = support.Comparison("properties of pictures")
    with tempfile.TemporaryDirectory() as folder:
        kernels = list(unpack_kernels(folder, "amd64/6.1*.btf.xz").values())
        for question in ("task_struct.state", "task_struct.__state", "inode.i_ctime", "sk_buff",
                         "bpf_map.map_type", "net_device.name", "task_struct.se.vruntime"):
            path = Path(folder, question + ".svg")
            try:
                document = history(btfreloc, kernels, question, "--svg", str(path))
            except RuntimeError:
                comparison.check(path.exists(), False, f"{question}: no picture of nothing")
                continue
            check_elements(comparison, path, question,
                           [document["kernels"][0]["name"], document["kernels"][-1]["name"]])
            check_pixels(comparison, rsvg, path, question)
    comparison.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--btfreloc", required=True)
    parser.add_argument("mode", choices=["stories", "places", "picture"])
    arguments = parser.parse_args()
    {"stories": stories, "places": places, "picture": picture}[arguments.mode](arguments.btfreloc)


if __name__ == "__main__":
    main()

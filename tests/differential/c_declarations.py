"""Top-level declarations of a C source, found without a compiler: enough for the sources of
testdata/objects and for headers that btfreloc writes.
"""

import re
from typing import NamedTuple

# A comment, a literal, a line of the preprocessor with its continuations, or one character.
TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
                   r"""|(?m:^)[ \t]*\#(?:\\\n|[^\n])*|.""", re.DOTALL)
TAG = re.compile(r"\s*(struct|union|enum)\s+(\w+)\s*\{")
ANONYMOUS_ENUM = re.compile(r"\s*enum\s*\{")
ENUMERATOR = re.compile(r"[{,]\s*(\w+)\s*(?==|,|\})")
# What may stand behind the braces of a type: attributes, and macros that stand for them.
ATTRIBUTES = re.compile(r"(?:\s|__attribute__\s*\(\(.*?\)\)|__core|__packed)*;\s*$", re.DOTALL)


class Statement(NamedTuple):
    text: str  # with what precedes it: comments, lines of the preprocessor
    code: str  # without


def statements(source):
    """The statements at file scope, and what is left behind the last."""
    depth = 0
    text, code = "", ""
    for token in TOKEN.findall(source):
        text += token
        is_code = not token.lstrip().startswith(("//", "/*", "#"))
        if is_code:
            code += token
        if token in "{([":
            depth += 1
        elif token in "})]":
            depth -= 1
        # A function ends with its body; what else has braces ends with a semicolon.
        is_function = token == "}" and depth == 0 and re.search(r"\)[^={;]*\{", code) is not None
        if depth == 0 and (token == ";" or (is_function and not code.lstrip().startswith("#"))):
            yield Statement(text, code)
            text, code = "", ""
    if text:
        yield Statement(text, code)


def names_of(code):
    """What a declaration of types defines, as {"struct x", "typedef y", "enumerator Z"}."""
    names = set()
    tag = TAG.match(code)
    if tag and ATTRIBUTES.search(code[code.rindex("}") + 1:]):
        names.add(f"{tag[1]} {tag[2]}")
    if ANONYMOUS_ENUM.match(code) or (tag and tag[1] == "enum"):
        names |= {f"enumerator {name}" for name in ENUMERATOR.findall(code)}
    if code.lstrip().startswith("typedef"):
        name = re.search(r"\(\s*\*\s*(\w+)\s*\)|(\w+)\s*(?:\[\w*\]\s*|\([^()]*\)\s*)*;\s*$",
                         re.sub(r"__attribute__\s*\(\(.*?\)\)|\b__core\b", "", code))
        if name:
            names.add(f"typedef {name[1] or name[2]}")
    return names


def defined_in(source):
    names = set()
    for statement in statements(source):
        names |= names_of(statement.code)
    return names


def without(source, names):
    """The source without the types, and enumerators, that `names` has already. Of an enum that has
    others, these stay."""
    result = ""
    for text, code in statements(source):
        own = names_of(code)
        if not own or not own & names:
            result += text
            continue
        left = [name for name in own - names if name.startswith("enumerator ")]
        result += text[:text.index(code.lstrip()[:8])]  # the lines of the preprocessor
        for match in re.finditer(r"\b(\w+)(\s*=\s*[^,}]+)?(?=[,}])", code):
            if f"enumerator {match[1]}" in left:
                result += f"enum {{ {match[0].strip()} }};\n"
    return result

#!/usr/bin/env python3
"""json_value.py EXPRESSION: evaluates it, where `report` is the JSON on standard input."""

import json
import sys

print(eval(sys.argv[1], {"report": json.load(sys.stdin)}))  # noqa: S307  (of our own tests)

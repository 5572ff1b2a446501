// Verify that --json is one document with records, accesses and findings.
// RUN: %compile %s -o %t.bc && %emit %t.bc --json -o %t.o > %t.json 2> %t.said
// RUN: %json 'report["schema"]' < %t.json | FileCheck --check-prefix=SCHEMA %s
// RUN: %json 'report["output"]' < %t.json | FileCheck --check-prefix=OUTPUT %s
// RUN: %json 'report["records"]' < %t.json | FileCheck --check-prefix=RECORDS %s
// RUN: %json '[(a["line"], a["column"], a["record"], a["path"]) for a in report["accesses"]]' < %t.json | FileCheck --check-prefix=ACCESSES %s
// RUN: %json '[(f["line"], f["column"], f["level"], f["code"]) for f in report["findings"]]' < %t.json | FileCheck --check-prefix=FINDINGS %s

#include "kernel.h"

// SCHEMA: btfreloc.emit/1
// OUTPUT: json.c.tmp.o
// RECORDS: [{'name': 'task_struct', 'accesses': 1, 'relocations': 1}]
// ACCESSES: [([[#@LINE+2]], 68, 'task_struct', 'task_struct.pid')]
// FINDINGS: [([[#@LINE+2]], 62, 'warning', 'not-relocated')]
SECTION("raw_tp/a") int a(struct task_struct *task) { return task->pid; }
SECTION("raw_tp/b") int b(struct task_struct *task) { return ((short *)task)[3]; }

;; Verify what is said of a pointer that a function takes for a record or for its first member, when
;; nothing tells which.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %s 2>&1 | FileCheck --check-prefix=REMARK %s
; RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %s 2>&1 | FileCheck --check-prefix=ERROR %s

; REMARK: remark: a.rs:2:0: not relocated: the address of a record or of its first member
; ERROR: error: a.rs:2:0: in function f {{.*}}: btfreloc: the address of a record or of its first member

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define void @f(ptr %t) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  call void @take(ptr %t), !dbg !6
  ret void
}
declare void @take(ptr)
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !11)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "s", scope: !12, file: !2, size: 64, elements: !17)
!11 = !{null, !7}
!12 = !DINamespace(name: "vmlinux", scope: null)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !18, size: 32)
!17 = !{!13}
!18 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

;; Verify that code without a line of its own is reported at its function's.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %s 2>&1 | FileCheck --check-prefix=REMARK %s
; RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %s 2>&1 | FileCheck --check-prefix=ERROR %s

; REMARK: remark: a.rs:1:0: not relocated: 4 bytes at offset 4 of struct task:
; ERROR: error: a.rs:1:0: in function f {{.*}}: btfreloc: 4 bytes at offset 4 of struct task:

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define void @f(ptr %t) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %p = getelementptr inbounds i8, ptr %t, i64 4
  %v = load i32, ptr %p
  ret void
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !6)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !7, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !8, size: 64)
!7 = !DISubroutineType(types: !9)
!8 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !10, file: !2, size: 128, elements: !13)
!9 = !{null, !6}
!10 = !DINamespace(name: "vmlinux", scope: null)
!11 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !8, file: !2, baseType: !14, size: 64)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !8, file: !2, baseType: !15, size: 32, offset: 64)
!13 = !{!11, !12}
!14 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!15 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

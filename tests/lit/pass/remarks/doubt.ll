;; Verify that the relocation of a union is made, and the doubt said, when the member meant may lie
;; in a structure of it.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %s 2>&1 | FileCheck --check-prefix=REMARK %s
; RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %s 2>&1 | FileCheck --check-prefix=ERROR %s

; REMARK: remark: a.rs:2:0: not relocated: 4 bytes at offset 8 of struct task: it can be struct task.u.a or struct task.u.i.x
; ERROR: error: a.rs:2:0: in function f {{.*}}: btfreloc: 4 bytes at offset 8 of struct task: it can be struct task.u.a or struct task.u.i.x

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define void @f(ptr %t) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !6
  %v = load i32, ptr %p, !dbg !6
  ret void
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !10)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !11, file: !2, size: 128, elements: !14)
!10 = !{null, !7}
!11 = !DINamespace(name: "vmlinux", scope: null)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !15, size: 64)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "u", scope: !9, file: !2, baseType: !16, size: 64, offset: 64)
!14 = !{!12, !13}
!15 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!16 = distinct !DICompositeType(tag: DW_TAG_union_type, name: "either", scope: !11, file: !2, size: 64, elements: !19)
!17 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !16, file: !2, baseType: !20, size: 32)
!18 = !DIDerivedType(tag: DW_TAG_member, name: "i", scope: !16, file: !2, baseType: !21, size: 64)
!19 = !{!17, !18}
!20 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!21 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "inner", scope: !11, file: !2, size: 64, elements: !24)
!22 = !DIDerivedType(tag: DW_TAG_member, name: "x", scope: !21, file: !2, baseType: !20, size: 32)
!23 = !DIDerivedType(tag: DW_TAG_member, name: "y", scope: !21, file: !2, baseType: !20, size: 32, offset: 32)
!24 = !{!22, !23}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

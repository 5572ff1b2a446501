;; Verify that an array that is the first member is relocated under a variable index that only says
;; how large an element is, or that this is said not to be.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -pass-remarks-missed=btfreloc -S %s 2>&1 | FileCheck %s

; CHECK: {{remark: a.rs:2:0: not relocated|call ptr @llvm.preserve.struct.access.index}}

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t, i64 %i) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %e = getelementptr inbounds i32, ptr %t, i64 %i, !dbg !6
  %v = load i32, ptr %e, !dbg !6
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !11)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !12, file: !2, size: 192, elements: !15)
!10 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!11 = !{!10, !7}
!12 = !DINamespace(name: "vmlinux", scope: null)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "arr", scope: !9, file: !2, baseType: !16, size: 128)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !9, file: !2, baseType: !17, size: 64, offset: 128)
!15 = !{!13, !14}
!16 = !DICompositeType(tag: DW_TAG_array_type, baseType: !10, size: 128, elements: !18)
!17 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!18 = !{!DISubrange(count: 4)}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

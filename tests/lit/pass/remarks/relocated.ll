;; Verify that it is said what was relocated, where that is asked for.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc -pass-remarks=btfreloc -disable-output %s 2>&1 | FileCheck %s

; CHECK: remark: a.rs:2:{{[0-9]+}}: relocated: struct task.pid
; CHECK-NOT: remark:

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !13 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !16, metadata !DIExpression()), !dbg !14
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !15
  %v = load i32, ptr %p, !dbg !15
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DINamespace(name: "vmlinux", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !5, file: !2, size: 128, elements: !9)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !6, file: !2, baseType: !3, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !6, file: !2, baseType: !4, size: 32, offset: 64)
!9 = !{!7, !8}
!10 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !6, size: 64)
!11 = !{!4, !10}
!12 = !DISubroutineType(types: !11)
!13 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !12, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!14 = !DILocation(line: 1, scope: !13)
!15 = !DILocation(line: 2, scope: !13)
!16 = !DILocalVariable(name: "t", arg: 1, scope: !13, file: !2, line: 1, type: !10)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

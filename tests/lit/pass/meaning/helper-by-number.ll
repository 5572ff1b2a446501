;; Verify that what a helper returns that is called by its number has the type that the variable of
;; that number says.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %t = call ptr inttoptr (i64 158 to ptr)()
; CHECK: %[[PID:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: load i32, ptr %[[PID]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f() !dbg !12 {
  %helper = alloca ptr
  call void @llvm.dbg.declare(metadata ptr %helper, metadata !19, metadata !DIExpression()), !dbg !13
  store ptr inttoptr (i64 158 to ptr), ptr %helper, !dbg !14
  %t = call ptr inttoptr (i64 158 to ptr)(), !dbg !14
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !14
  %v = load i32, ptr %p, !dbg !14
  ret i32 %v
}
declare void @llvm.dbg.declare(metadata, metadata, metadata)

!3 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!4 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!5 = !DINamespace(name: "vmlinux", scope: null)
!6 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !5, file: !2, size: 128, elements: !9)
!7 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !6, file: !2, baseType: !3, size: 64)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !6, file: !2, baseType: !4, size: 32, offset: 64)
!9 = !{!7, !8}
!10 = !{!4}
!11 = !DISubroutineType(types: !10)
!12 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !11, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!13 = !DILocation(line: 1, scope: !12)
!14 = !DILocation(line: 2, scope: !12)
!15 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !6, size: 64)
!16 = !{!15}
!17 = !DISubroutineType(types: !16)
!18 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !17, size: 64)
!19 = !DILocalVariable(name: "helper", scope: !12, file: !2, line: 1, type: !18)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

;; Verify that the function is found by its name, whatever declares it, and converts to the type it
;; returns.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) null, i32 {{[0-9]+}}, i32 1)
; CHECK: %[[V:.*]] = call i32 @llvm.bpf.preserve.field.info.p0(ptr %[[B]], i64 2)
; CHECK: %[[W:.*]] = zext i32 %[[V]] to i64
; CHECK: ret i64 %[[W]]
; CHECK-NOT: @__btfreloc_

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

@0 = private unnamed_addr constant [12 x i8] c"struct task\00"
@1 = private unnamed_addr constant [2 x i8] c"b\00"

define i64 @f() !dbg !3 {
  %v = call i64 @__btfreloc_field_exists(ptr @0, ptr @1), !dbg !4
  ret i64 %v
}
declare i64 @__btfreloc_field_exists(ptr, ptr)

!3 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !7, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!4 = !DILocation(line: 2, scope: !3)
!5 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", file: !2, size: 128, elements: !10)
!6 = !{!5}
!7 = !DISubroutineType(types: !12)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !5, file: !2, baseType: !11, size: 64)
!9 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !5, file: !2, baseType: !13, size: 32, offset: 64)
!10 = !{!8, !9}
!11 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!12 = !{!11}
!13 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug, retainedTypes: !6)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

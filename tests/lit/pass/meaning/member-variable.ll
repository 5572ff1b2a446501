;; Verify that a variable that is the address of a member is reached by the member's relocation.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: load i32, ptr %{{.*}}
; CHECK-NOT: load i32, ptr %m

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %t) !dbg !6 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %m = getelementptr inbounds i8, ptr %t, i64 8, !dbg !7
  call void @llvm.dbg.value(metadata ptr %m, metadata !5, metadata !DIExpression()), !dbg !4
  %v = load i32, ptr %m, !dbg !8
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !6, file: !2, type: !9)
!4 = !DILocation(line: 1, scope: !6)
!5 = !DILocalVariable(name: "m", scope: !6, file: !2, type: !10)
!6 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !11, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!7 = !DILocation(line: 2, scope: !6)
!8 = !DILocation(line: 3, scope: !6)
!9 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !12, size: 64)
!10 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !13, size: 64)
!11 = !DISubroutineType(types: !14)
!12 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !15, file: !2, size: 128, elements: !18)
!13 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!14 = !{!13, !9}
!15 = !DINamespace(name: "vmlinux", scope: null)
!16 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !12, file: !2, baseType: !19, size: 64)
!17 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !12, file: !2, baseType: !13, size: 32, offset: 64)
!18 = !{!16, !17}
!19 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

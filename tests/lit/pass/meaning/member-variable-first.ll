;; Verify that a variable that is the address of the first member, the same value as the record's,
;; is reached by the member's relocation.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[A:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 0, i32 0)
; CHECK: load i64, ptr %{{.*}}
; CHECK-NOT: load i64, ptr %t

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i64 @f(ptr %t) !dbg !6 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  call void @llvm.dbg.value(metadata ptr %t, metadata !5, metadata !DIExpression()), !dbg !4
  %v = load i64, ptr %t, !dbg !7
  ret i64 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !6, file: !2, type: !8)
!4 = !DILocation(line: 1, scope: !6)
!5 = !DILocalVariable(name: "m", scope: !6, file: !2, type: !9)
!6 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !10, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!7 = !DILocation(line: 3, scope: !6)
!8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !11, size: 64)
!9 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !12, size: 64)
!10 = !DISubroutineType(types: !13)
!11 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !14, file: !2, size: 128, elements: !17)
!12 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!13 = !{!12, !8}
!14 = !DINamespace(name: "vmlinux", scope: null)
!15 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !11, file: !2, baseType: !12, size: 64)
!16 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !11, file: !2, baseType: !18, size: 32, offset: 64)
!17 = !{!15, !16}
!18 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

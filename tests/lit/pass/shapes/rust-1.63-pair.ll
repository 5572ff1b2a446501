;; Verify that the literal struct type that rustc 1.63 has for a pair of scalars is the pair's
;; record.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[IN:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%"vmlinux::task") %t, i32 1, i32 1){{.*}} !llvm.preserve.access.index ![[MD:[0-9]+]]
; CHECK: %[[Y:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %[[IN]], i32 {{[0-9]+}}, i32 1), {{.*}}!llvm.preserve.access.index ![[PAIR:[0-9]+]]
; CHECK: load i32, ptr %[[Y]]
; CHECK: ![[PAIR]] = {{.*}}name: "pair"

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

%"vmlinux::task" = type { i64, { i32, i32 } }

define i32 @f(ptr %t) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %in = getelementptr inbounds %"vmlinux::task", ptr %t, i32 0, i32 1, !dbg !6
  %y = getelementptr inbounds { i32, i32 }, ptr %in, i32 0, i32 1, !dbg !6
  %v = load i32, ptr %y, !dbg !6
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !11)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !12, file: !2, size: 128, elements: !15)
!10 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!11 = !{!10, !7}
!12 = !DINamespace(name: "vmlinux", scope: null)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !16, size: 64)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "in", scope: !9, file: !2, baseType: !17, size: 64, offset: 64)
!15 = !{!13, !14}
!16 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!17 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "pair", scope: !12, file: !2, size: 64, elements: !20)
!18 = !DIDerivedType(tag: DW_TAG_member, name: "x", scope: !17, file: !2, baseType: !10, size: 32)
!19 = !DIDerivedType(tag: DW_TAG_member, name: "y", scope: !17, file: !2, baseType: !10, size: 32, offset: 32)
!20 = !{!18, !19}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

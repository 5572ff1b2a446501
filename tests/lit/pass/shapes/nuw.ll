;; Verify that the nuw flag of LLVM 20 and later changes nothing.
; UNSUPPORTED: llvm-15, llvm-16, llvm-17, llvm-18
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%struct.s) %p, i32 1, i32 1)
; CHECK: load i32, ptr %[[B]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

%struct.s = type { i32, i32 }

define i32 @f(ptr %p) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %p, metadata !3, metadata !DIExpression()), !dbg !4
  %b = getelementptr inbounds nuw %struct.s, ptr %p, i32 0, i32 1
  %v = load i32, ptr %b, !dbg !6
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "p", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !11)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "s", scope: !12, file: !2, size: 64, elements: !15)
!10 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!11 = !{!10, !7}
!12 = !DINamespace(name: "vmlinux", scope: null)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !10, size: 32)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !9, file: !2, baseType: !10, size: 32, offset: 32)
!15 = !{!13, !14}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

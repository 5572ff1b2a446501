;; Verify that a pointer that walks a list is known in every round.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %t = phi ptr
; CHECK: %[[PARENT:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: %next = load ptr, ptr %[[PARENT]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define void @f(ptr %first) !dbg !5 {
entry:
  call void @llvm.dbg.value(metadata ptr %first, metadata !3, metadata !DIExpression()), !dbg !4
  br label %loop

loop:
  %t = phi ptr [ %first, %entry ], [ %next, %loop ]
  %m = getelementptr inbounds i8, ptr %t, i64 8, !dbg !6
  %next = load ptr, ptr %m, !dbg !6
  %more = icmp ne ptr %next, null
  br i1 %more, label %loop, label %end

end:
  ret void
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "first", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !10)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !11, file: !2, size: 192, elements: !15)
!10 = !{null, !7}
!11 = !DINamespace(name: "vmlinux", scope: null)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !16, size: 64)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "parent", scope: !9, file: !2, baseType: !7, size: 64, offset: 64)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !9, file: !2, baseType: !17, size: 32, offset: 128)
!15 = !{!12, !13, !14}
!16 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)
!17 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

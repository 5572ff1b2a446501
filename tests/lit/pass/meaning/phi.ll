;; Verify that a phi of pointers to one record is a pointer to it.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: %t = phi ptr
; CHECK: %[[B:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%btfreloc.task) %t, i32 {{[0-9]+}}, i32 1)
; CHECK: load i32, ptr %[[B]]

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i32 @f(ptr %a, ptr %b, i1 %c) !dbg !6 {
entry:
  call void @llvm.dbg.value(metadata ptr %a, metadata !3, metadata !DIExpression()), !dbg !4
  call void @llvm.dbg.value(metadata ptr %b, metadata !5, metadata !DIExpression()), !dbg !4
  br i1 %c, label %then, label %end

then:
  br label %end

end:
  %t = phi ptr [ %a, %entry ], [ %b, %then ]
  %p = getelementptr inbounds i8, ptr %t, i64 8, !dbg !7
  %v = load i32, ptr %p, !dbg !7
  ret i32 %v
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "a", arg: 1, scope: !6, file: !2, type: !8)
!4 = !DILocation(line: 1, scope: !6)
!5 = !DILocalVariable(name: "b", arg: 2, scope: !6, file: !2, type: !8)
!6 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !9, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!7 = !DILocation(line: 2, scope: !6)
!8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !10, size: 64)
!9 = !DISubroutineType(types: !12)
!10 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task", scope: !13, file: !2, size: 128, elements: !16)
!11 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!12 = !{!11, !8, !8}
!13 = !DINamespace(name: "vmlinux", scope: null)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !10, file: !2, baseType: !17, size: 64)
!15 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !10, file: !2, baseType: !11, size: 32, offset: 64)
!16 = !{!14, !15}
!17 = !DIBasicType(name: "i64", size: 64, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

;; Verify that references are pointers, in a variable that only the code mentions, too.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s

; CHECK-NOT: reference_type
; CHECK-DAG: !{null, ![[POINTER:[0-9]+]]}
; CHECK-DAG: ![[POINTER]] = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !{{[0-9]+}}, size: 64)
; CHECK-DAG: !DILocalVariable(name: "local", {{.*}}type: ![[POINTER]])
; CHECK-NOT: reference_type

target triple = "bpfel"

declare void @llvm.dbg.declare(metadata, metadata, metadata)

define void @f(ptr %0) !dbg !4 {
  %2 = alloca ptr, align 8
  call void @llvm.dbg.declare(metadata ptr %2, metadata !8, metadata !DIExpression()), !dbg !11
  ret void
}

!4 = distinct !DISubprogram(name: "f", file: !2, type: !5, spFlags: DISPFlagDefinition, unit: !0, retainedNodes: !7)
!5 = !DISubroutineType(types: !6)
!6 = !{null, !9}
!7 = !{}
!8 = !DILocalVariable(name: "local", scope: !4, file: !2, type: !10)
!9 = !DIDerivedType(tag: DW_TAG_reference_type, baseType: !12, size: 64)
!10 = !DIDerivedType(tag: DW_TAG_rvalue_reference_type, baseType: !12, size: 64)
!11 = !DILocation(line: 1, scope: !4)
!12 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus_14, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")

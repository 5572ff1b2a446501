;; Verify that records of Zig, which are named after their file and have no namespace, are annotated
;; by a pattern.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics;structs=main.task*>' -S %s | FileCheck %s

; CHECK: %[[PID:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype(%main.task_struct) %{{.*}}, i32 1, i32 1){{.*}} !llvm.preserve.access.index ![[MD:[0-9]+]]
; CHECK: load i32, ptr %[[PID]]
; CHECK: %q = getelementptr inbounds %main.event, ptr %{{.*}}, i32 0, i32 1
; CHECK-NEXT: load i32, ptr %q
; CHECK: ![[MD]] = {{.*}}name: "task_struct"

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

%main.task_struct = type { i64, i32, [4 x i8] }
%main.event = type { i32, i32 }

define i32 @main.f(ptr %0, ptr %1) !dbg !6 {
  %3 = alloca ptr, align 8
  store ptr %0, ptr %3, align 8
  call void @llvm.dbg.declare(metadata ptr %3, metadata !3, metadata !DIExpression()), !dbg !4
  %4 = alloca ptr, align 8
  store ptr %1, ptr %4, align 8
  call void @llvm.dbg.declare(metadata ptr %4, metadata !5, metadata !DIExpression()), !dbg !4
  %t = load ptr, ptr %3, align 8, !dbg !7
  %p = getelementptr inbounds %main.task_struct, ptr %t, i32 0, i32 1, !dbg !7
  %pid = load i32, ptr %p, align 4, !dbg !7
  %e = load ptr, ptr %4, align 8, !dbg !8
  %q = getelementptr inbounds %main.event, ptr %e, i32 0, i32 1, !dbg !8
  %n = load i32, ptr %q, align 4, !dbg !8
  %sum = add i32 %pid, %n
  ret i32 %sum
}
declare void @llvm.dbg.declare(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !6, file: !2, type: !9)
!4 = !DILocation(line: 1, scope: !6)
!5 = !DILocalVariable(name: "e", arg: 2, scope: !6, file: !2, type: !10)
!6 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !11, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!7 = !DILocation(line: 2, scope: !6)
!8 = !DILocation(line: 3, scope: !6)
!9 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !12, size: 64)
!10 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !13, size: 64)
!11 = !DISubroutineType(types: !15)
!12 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "main.task_struct", file: !2, size: 128, elements: !18)
!13 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "main.event", file: !2, size: 64, elements: !21)
!14 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!15 = !{!14, !9, !10}
!16 = !DIDerivedType(tag: DW_TAG_member, name: "flags", scope: !12, file: !2, baseType: !22, size: 64)
!17 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !12, file: !2, baseType: !14, size: 32, offset: 64)
!18 = !{!16, !17}
!19 = !DIDerivedType(tag: DW_TAG_member, name: "kind", scope: !13, file: !2, baseType: !23, size: 32)
!20 = !DIDerivedType(tag: DW_TAG_member, name: "n", scope: !13, file: !2, baseType: !14, size: 32, offset: 32)
!21 = !{!19, !20}
!22 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)
!23 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !2, producer: "zig 0.13.0", emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")

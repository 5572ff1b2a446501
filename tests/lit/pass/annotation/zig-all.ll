;; Verify that every record of a Zig file is annotated by the pattern of its name, and that the
;; relocation has the name without the file, as the kernel does.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<structs=main.*>' %s | %llc -march=bpfel -filetype=obj -o %t.o
; RUN: btfreloc dump --core %t.o | FileCheck %s

; CHECK: byte_off {{ *}}task_struct.pid 8

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

%main.task_struct = type { i64, i32, [4 x i8] }

define i32 @f(ptr %0) section "raw_tp" !dbg !5 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  call void @llvm.dbg.declare(metadata ptr %2, metadata !3, metadata !DIExpression()), !dbg !4
  %t = load ptr, ptr %2, align 8, !dbg !6
  %p = getelementptr inbounds %main.task_struct, ptr %t, i32 0, i32 1, !dbg !6
  %pid = load i32, ptr %p, align 4, !dbg !6
  ret i32 %pid
}
declare void @llvm.dbg.declare(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !11)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "main.task_struct", file: !2, size: 128, elements: !14)
!10 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!11 = !{!10, !7}
!12 = !DIDerivedType(tag: DW_TAG_member, name: "flags", scope: !9, file: !2, baseType: !15, size: 64)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "pid", scope: !9, file: !2, baseType: !10, size: 32, offset: 64)
!14 = !{!12, !13}
!15 = !DIBasicType(name: "u64", size: 64, encoding: DW_ATE_unsigned)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !2, producer: "zig 0.13.0", emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")

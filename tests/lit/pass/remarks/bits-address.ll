;; Verify what is said of the address of bitfields.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %s 2>&1 | FileCheck --check-prefix=REMARK %s
; RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %s 2>&1 | FileCheck --check-prefix=ERROR %s

; REMARK: remark: a.rs:2:0: not relocated: the address at offset 4 of struct s: no member of that size and kind lies there
; ERROR: error: a.rs:2:0: in function f {{.*}}: btfreloc: the address at offset 4 of struct s: no member of that size and kind lies there

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define ptr @f(ptr %t) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %p = getelementptr inbounds i8, ptr %t, i64 4, !dbg !6
  ret ptr %p, !dbg !6
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !10)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "s", scope: !11, file: !2, size: 64, elements: !15)
!10 = !{!7, !7}
!11 = !DINamespace(name: "vmlinux", scope: null)
!12 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !16, size: 32)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "lo", scope: !9, file: !2, baseType: !17, size: 3, offset: 32, flags: DIFlagBitField, extraData: i64 32)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "hi", scope: !9, file: !2, baseType: !17, size: 5, offset: 35, flags: DIFlagBitField, extraData: i64 32)
!15 = !{!12, !13, !14}
!16 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!17 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

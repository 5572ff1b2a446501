;; Verify what is said of bits that are a bitfield of two records.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %s 2>&1 | FileCheck --check-prefix=REMARK %s
; RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %s 2>&1 | FileCheck --check-prefix=ERROR %s

; REMARK: remark: a.rs:2:0: not relocated: a bitfield of struct one or of struct two
; ERROR: error: a.rs:2:0: in function f {{.*}}: btfreloc: a bitfield of struct one or of struct two

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i8 @f(ptr %t) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %p = getelementptr inbounds i8, ptr %t, i64 4, !dbg !6
  %v = load i8, ptr %p, !dbg !6
  %bits = and i8 %v, 7
  ret i8 %bits
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !11)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "s", scope: !12, file: !2, size: 64, elements: !15)
!10 = !DIBasicType(name: "u8", size: 8, encoding: DW_ATE_unsigned)
!11 = !{!10, !7}
!12 = !DINamespace(name: "vmlinux", scope: null)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "n", scope: !9, file: !2, baseType: !16, size: 32)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "u", scope: !9, file: !2, baseType: !17, size: 32, offset: 32)
!15 = !{!13, !14}
!16 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!17 = distinct !DICompositeType(tag: DW_TAG_union_type, name: "either", scope: !12, file: !2, size: 32, elements: !20)
!18 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !17, file: !2, baseType: !21, size: 32)
!19 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !17, file: !2, baseType: !22, size: 32)
!20 = !{!18, !19}
!21 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "one", scope: !12, file: !2, size: 32, elements: !25)
!22 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "two", scope: !12, file: !2, size: 32, elements: !28)
!23 = !DIDerivedType(tag: DW_TAG_member, name: "lo", scope: !21, file: !2, baseType: !29, size: 3, flags: DIFlagBitField, extraData: i64 0)
!24 = !DIDerivedType(tag: DW_TAG_member, name: "hi", scope: !21, file: !2, baseType: !29, size: 5, offset: 3, flags: DIFlagBitField, extraData: i64 0)
!25 = !{!23, !24}
!26 = !DIDerivedType(tag: DW_TAG_member, name: "lo", scope: !22, file: !2, baseType: !29, size: 3, flags: DIFlagBitField, extraData: i64 0)
!27 = !DIDerivedType(tag: DW_TAG_member, name: "hi", scope: !22, file: !2, baseType: !29, size: 5, offset: 3, flags: DIFlagBitField, extraData: i64 0)
!28 = !{!26, !27}
!29 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

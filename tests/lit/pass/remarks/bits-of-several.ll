;; Verify what is said of a byte that a bitfield is taken from, and several at once as well.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc' -pass-remarks-missed=btfreloc -disable-output %s 2>&1 | FileCheck --check-prefix=REMARK %s
; RUN: not %opt -load-pass-plugin %plugin -passes='btfreloc<strict>' -disable-output %s 2>&1 | FileCheck --check-prefix=ERROR %s

; REMARK: remark: a.rs:2:0: not relocated: bits of struct s that several of its bitfields have
; ERROR: error: a.rs:2:0: in function f {{.*}}: btfreloc: bits of struct s that several of its bitfields have

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

define i8 @f(ptr %t) !dbg !5 {
  call void @llvm.dbg.value(metadata ptr %t, metadata !3, metadata !DIExpression()), !dbg !4
  %p = getelementptr inbounds i8, ptr %t, i64 4, !dbg !6
  %v = load i8, ptr %p, !dbg !6
  %one = and i8 %v, 7
  %two = and i8 %v, 63
  %bits = or i8 %one, %two
  ret i8 %bits
}
declare void @llvm.dbg.value(metadata, metadata, metadata)

!3 = !DILocalVariable(name: "t", arg: 1, scope: !5, file: !2, type: !7)
!4 = !DILocation(line: 1, scope: !5)
!5 = distinct !DISubprogram(name: "f", scope: !2, file: !2, line: 1, type: !8, scopeLine: 1, spFlags: DISPFlagDefinition, unit: !0)
!6 = !DILocation(line: 2, scope: !5)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !9, size: 64)
!8 = !DISubroutineType(types: !11)
!9 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "s", scope: !12, file: !2, size: 64, elements: !17)
!10 = !DIBasicType(name: "u8", size: 8, encoding: DW_ATE_unsigned)
!11 = !{!10, !7}
!12 = !DINamespace(name: "vmlinux", scope: null)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !9, file: !2, baseType: !18, size: 32)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "lo", scope: !9, file: !2, baseType: !19, size: 3, offset: 32, flags: DIFlagBitField, extraData: i64 32)
!15 = !DIDerivedType(tag: DW_TAG_member, name: "mid", scope: !9, file: !2, baseType: !19, size: 3, offset: 35, flags: DIFlagBitField, extraData: i64 32)
!16 = !DIDerivedType(tag: DW_TAG_member, name: "hi", scope: !9, file: !2, baseType: !19, size: 2, offset: 38, flags: DIFlagBitField, extraData: i64 32)
!17 = !{!13, !14, !15, !16}
!18 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
!19 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.rs", directory: "")

;; Verify that a pointer that an invoke returns can be relocated: what follows it is in another block.
; RUN: %opt -load-pass-plugin %plugin -passes='btfreloc<emit=intrinsics>' -S %s | FileCheck %s

; CHECK: ok:
; CHECK-NEXT: %[[A:.*]] = call ptr @llvm.preserve.struct.access.index.p0.p0(ptr elementtype({{.*}}) %p, i32 {{[0-9]+}}, i32 0)
; CHECK-NEXT: load i32, ptr %[[A]]

target triple = "bpfel"
target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
%struct.T = type { i32, i32 }
declare !dbg !20 ptr @getp()
declare i32 @pers(...)
define i32 @inv() personality ptr @pers !dbg !5 {
  %p = invoke ptr @getp() to label %ok unwind label %bad, !dbg !9
ok:
  %v = load i32, ptr %p, !dbg !9
  ret i32 %v, !dbg !9
bad:
  %l = landingpad { ptr, i32 } cleanup
  resume { ptr, i32 } %l
}
!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!3}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, producer: "rustc", isOptimized: false, emissionKind: FullDebug)
!1 = !DIFile(filename: "x.rs", directory: "")
!3 = !{i32 2, !"Debug Info Version", i32 3}
!5 = distinct !DISubprogram(name: "inv", scope: !1, file: !1, line: 1, type: !6, unit: !0, spFlags: DISPFlagDefinition)
!6 = !DISubroutineType(types: !{!7})
!7 = !DIBasicType(name: "u32", size: 32, encoding: DW_ATE_unsigned)
!9 = !DILocation(line: 2, scope: !5)
!10 = !DINamespace(name: "vmlinux", scope: null)
!11 = !DICompositeType(tag: DW_TAG_structure_type, name: "T", scope: !10, file: !1, size: 64, elements: !{!12, !13})
!12 = !DIDerivedType(tag: DW_TAG_member, name: "a", scope: !11, baseType: !7, size: 32)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "b", scope: !11, baseType: !7, size: 32, offset: 32)
!20 = !DISubprogram(name: "getp", scope: !1, file: !1, type: !21, spFlags: DISPFlagOptimized)
!21 = !DISubroutineType(types: !{!22})
!22 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !11, size: 64)

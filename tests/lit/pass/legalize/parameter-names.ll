;; Verify that every parameter gets a name: from the variable that it has, whose name may be illegal or
;; missing or which only the code mentions, or from a new one.
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di -S %s | FileCheck %s
; RUN: %opt -load-pass-plugin %plugin -passes=btfreloc-legalize-di %s | %llc -march=bpfel -filetype=obj -o %t.o
; RUN: btfreloc dump --raw %t.o | FileCheck --check-prefix=BTF %s

; CHECK: dbg{{[._]}}declare({{.*}}ptr %5, {{.*}}![[MENTIONED:[0-9]+]], {{.*}}!DIExpression()
; CHECK: !{![[FIRST:[0-9]+]], ![[SECOND:[0-9]+]], ![[MENTIONED]], ![[FOURTH:[0-9]+]]}
; CHECK-DAG: ![[FIRST]] = !DILocalVariable(name: "arg1", arg: 1
; CHECK-DAG: ![[SECOND]] = !DILocalVariable(name: "a_b", arg: 2
; CHECK-DAG: ![[MENTIONED]] = !DILocalVariable(name: "mentioned", arg: 3
; CHECK-DAG: ![[FOURTH]] = !DILocalVariable(name: "arg4", arg: 4

; BTF: FUNC_PROTO '(anon)' ret_type_id=0 vlen=4
; BTF-NEXT: 'arg1' type_id=1
; BTF-NEXT: 'a_b' type_id=1
; BTF-NEXT: 'mentioned' type_id=1
; BTF-NEXT: 'arg4' type_id=1

target triple = "bpfel"

declare void @llvm.dbg.declare(metadata, metadata, metadata)

define void @f(i32 %0, i32 %1, i32 %2, i32 %3) !dbg !4 {
  %5 = alloca i32, align 4
  call void @llvm.dbg.declare(metadata ptr %5, metadata !10, metadata !DIExpression()), !dbg !11
  ret void
}

!4 = distinct !DISubprogram(name: "f", file: !2, type: !5, spFlags: DISPFlagDefinition, unit: !0, retainedNodes: !7)
!5 = !DISubroutineType(types: !6)
!6 = !{null, !12, !12, !12, !12}
!7 = !{!8, !9}
!8 = !DILocalVariable(arg: 1, scope: !4, file: !2, type: !12)
!9 = !DILocalVariable(name: "a.b", arg: 2, scope: !4, file: !2, type: !12)
!10 = !DILocalVariable(name: "mentioned", arg: 3, scope: !4, file: !2, type: !12)
!11 = !DILocation(line: 1, scope: !4)
!12 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !2, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "a.c", directory: "")

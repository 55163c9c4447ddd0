/**
 * Comparisons whose answer LLVM asks for again. In place of a value that says which layer was found it may ask once more
 * whether the packet is long enough, with registers that were saved in between, or how two numbers compare: the kernel, which
 * knows for those that were compared what came of it and not for their copies, and of numbers nothing but their bounds,
 * takes the other edge as well and finds the null of a layer that was not there ("R1 invalid mem access 'scalar'").
 */
import type { Libllvm, Ref } from "./library.js";

/** `LLVMIntPredicate` from `ugt` to `ule`. */
const [firstUnsigned, lastUnsigned] = [34, 37];
/** `LLVMTypeKind`. */
const [integerType, pointerType] = [8, 12];

/** Whether a branch asks what another one has asked, in the module after its passes. */
export function repeatsComparison(llvm: Libllvm, module: Ref): boolean {
  for (let fn = llvm.GetFirstFunction(module); fn !== null; fn = llvm.GetNextFunction(fn))
    for (let block = llvm.GetFirstBasicBlock(fn); block !== null; block = llvm.GetNextBasicBlock(block))
      if (endsInRepeated(llvm, block)) return true;
  return false;
}

function endsInRepeated(llvm: Libllvm, block: Ref): boolean {
  const last = llvm.GetBasicBlockTerminator(block);
  if (last === null || llvm.GetNumSuccessors(last) !== 2 || llvm.IsABranchInst(last) === null) return false;
  const compare = llvm.IsAICmpInst(llvm.GetCondition(last));
  if (compare === null) return false;
  const left = llvm.GetOperand(compare, 0);
  if (llvm.GetTypeKind(llvm.TypeOf(left)) === pointerType) {
    const predicate = llvm.GetICmpPredicate(compare);
    if (predicate < firstUnsigned || predicate > lastUnsigned) return false;
    const use = llvm.GetFirstUse(compare);
    return use !== null && llvm.GetNextUse(use) !== null;
  }
  // What is compared with a constant the kernel remembers, mostly.
  if (llvm.IsConstant(left) !== 0 || llvm.IsConstant(llvm.GetOperand(compare, 1)) !== 0) return false;
  let asked = 0;
  for (let use = llvm.GetFirstUse(compare); use !== null; use = llvm.GetNextUse(use))
    if (isQuestion(llvm, llvm.GetUser(use))) asked++;
  return asked > 1;
}

/** A branch, or what a condition is made of. */
function isQuestion(llvm: Libllvm, user: Ref): boolean {
  if (llvm.IsABranchInst(user) !== null) return true;
  const type = llvm.TypeOf(user);
  return llvm.GetTypeKind(type) === integerType && llvm.GetIntTypeWidth(type) === 1;
}

import pytest

from nbtrace.capturing.inside_gdb.fortran_statements import FortranReader
from nbtrace.capturing.inside_gdb.source_places import after_assignment, nested
from nbtrace.capturing.inside_gdb.source_statements import SourceError, StatementKind
from tests.capturing.programs import HEAT

FREE = """\
module m
contains
  SUBROUTINE Turn(a, n) ! do x = 1, 2
    outer: do I = 1, n
      if (a(i) > 0) then
        a(i) = 1; b = 2
      else
        call fill(c, &
                  3)
      end if
      if (a(i) < 0) d = 1
      do while (d > 0)
        d = d - 1
      enddo
    end do outer
    print *, 'do j = 1, 2'
  end subroutine turn
end module m
"""

FIXED = """\
      subroutine turn(a)
c     do i = 1, 2
      do 10 i = 1, 3
        a = a +
     &      i
   10 end do
      end
"""


def test_loops_and_branches_hold_their_statements() -> None:
    body = FortranReader(FREE).function(3)
    (outer, printed) = body.inner
    assert (outer.kind, outer.variables, outer.first, outer.last) == (StatementKind.LOOP, ("i",), 4, 15)
    assert printed.first == 16
    branch, single, loop = outer.inner
    assert [(item.first, item.last) for item in branch.inner] == [(6, 6), (6, 6), (8, 9)]
    assert (single.kind, single.first) == (StatementKind.PLAIN, 11)
    assert (loop.variables, loop.last) == (("d",), 14)


def test_assignments_are_found_whatever_their_case() -> None:
    (outer,) = nested(FortranReader(FREE).function(3), ("i",))
    assert after_assignment(outer, "c").spans[0] == (11, 11)
    assert after_assignment(outer, "a").spans[0] == (11, 11)
    assert after_assignment(outer, "d").behind == (12, 14)


def test_a_main_program_is_a_procedure() -> None:
    step, i = nested(FortranReader(HEAT).function(1), ("step", "i"))
    assert after_assignment(i, "flux").spans[0][0] == i.first + 2
    assert after_assignment(step, "total").behind == (step.last - 1, step.last - 1)


def test_fixed_form_is_read() -> None:
    (loop,) = FortranReader(FIXED, fixed=True).function(1).inner
    assert (loop.variables, loop.first, loop.last) == (("i",), 3, 6)
    assert [(item.first, item.last) for item in loop.inner] == [(4, 5)]


@pytest.mark.parametrize("source", ["subroutine f\n do i = 1, 2\n x = 1\n", "subroutine f\n x = 1\n"])
def test_what_never_ends_is_said(source: str) -> None:
    with pytest.raises(SourceError, match="never ends"):
        FortranReader(source).function(1)

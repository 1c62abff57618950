! nbtrace.f90 - prints trace lines that nbtrace reads. Fortran 2003; nothing else is needed.
!
! Trace format 1. License: MIT, like nbtrace itself.
!
!     use nbtrace
!
!     do step = 0, steps - 1
!        call nbtrace_at('step', step)                     ! the turn that the lines below are of
!        call nbtrace_log('T_K', temperature, 'K')         ! a number; the unit may be left out
!        call nbtrace_log('velocity', v, 'm/s')            ! an array of one axis: a vector on one line
!        call nbtrace_log('R', r)                          ! of two axes: a matrix, row by row
!        call nbtrace_over('cell', 'p_Pa', p, 'Pa')        ! an array, one line for each element, from cell=0
!        call nbtrace_log('method', 'euler')               ! a word
!     end do
!     call nbtrace_leave('step')                           ! what follows is of no step
!
! Nothing is printed unless the environment says where to:
!
!     NBTRACE_LOG=f.log ./program                          - is standard output
!
! Where tracing is off a call returns at once; `if (nbtrace_on())` in front also saves computing what it is given.
! NBTRACE_PREFIX is what lines begin with, TRACE_C unless it says otherwise. Each line is written whole and at once, so
! a crash loses none. The current turn is each OpenMP thread's own. Ordinals of loops are counted from 0.
!
! A log that exists is replaced if it is a trace log, and left alone if it is anything else.
module nbtrace
  use, intrinsic :: iso_fortran_env, only: error_unit, output_unit
  implicit none
  private
  public :: nbtrace_on, nbtrace_at, nbtrace_leave, nbtrace_log, nbtrace_over, nbtrace_log_to, nbtrace_close

  integer, parameter :: real32 = selected_real_kind(6)
  integer, parameter :: real64 = selected_real_kind(15)
  integer, parameter :: int32 = selected_int_kind(9)
  integer, parameter :: int64 = selected_int_kind(18)
  integer, parameter :: longest_line = 4096
  integer, parameter :: most_loops = 16
  integer, parameter :: longest_word = 64
  integer, parameter :: longest_number = 32

  interface nbtrace_log
     module procedure log_real64, log_real32, log_int32, log_int64, log_text
     module procedure log_vector_real64, log_vector_real32, log_matrix_real64, log_matrix_real32
  end interface nbtrace_log

  interface nbtrace_over
     module procedure over_real64, over_real32
  end interface nbtrace_over

  interface nbtrace_at
     module procedure at_int32, at_int64
  end interface nbtrace_at

  type :: turn
     character(len=longest_word) :: loop = ''
     integer(int64) :: ordinal = 0
  end type turn

  ! 1 on, 0 off, -1 not yet known
  integer, save :: state = -1
  integer, save :: log_unit = output_unit
  character(len=longest_word), save :: prefix = 'TRACE_C:'
  type(turn), save :: turns(most_loops)
  integer, save :: depth = 0
  !$omp threadprivate(turns, depth)

contains

  !> Whether tracing is on.
  logical function nbtrace_on()
    if (state < 0) then
       !$omp critical (nbtrace_state)
       if (state < 0) call begin_by_environment()
       !$omp end critical (nbtrace_state)
    end if
    nbtrace_on = state == 1
  end function nbtrace_on

  !> Begins a log in a file, as NBTRACE_LOG does. Not while other threads print lines.
  subroutine nbtrace_log_to(name)
    character(len=*), intent(in) :: name
    call nbtrace_close()
    call begin(name)
  end subroutine nbtrace_log_to

  !> Ends the log; what follows is not printed. Not while other threads print lines.
  subroutine nbtrace_close()
    if (state == 1 .and. log_unit /= output_unit) close(log_unit)
    state = 0
  end subroutine nbtrace_close

  !> Says that what follows is of a turn of a loop. The loops within it begin anew.
  subroutine at_int64(loop, ordinal)
    character(len=*), intent(in) :: loop
    integer(int64), intent(in) :: ordinal
    integer :: place
    if (.not. nbtrace_on()) return
    place = depth_of(loop) + 1
    if (place > most_loops) then
       write(error_unit, '(3a)') 'nbtrace.f90: the loop ', trim(loop), ' is within too many others'
       return
    end if
    turns(place)%loop = loop
    turns(place)%ordinal = ordinal
    depth = place
  end subroutine at_int64

  subroutine at_int32(loop, ordinal)
    character(len=*), intent(in) :: loop
    integer(int32), intent(in) :: ordinal
    call at_int64(loop, int(ordinal, int64))
  end subroutine at_int32

  !> Says that what follows is of no turn of a loop, nor of those within it.
  subroutine nbtrace_leave(loop)
    character(len=*), intent(in) :: loop
    if (nbtrace_on()) depth = depth_of(loop)
  end subroutine nbtrace_leave

  subroutine log_real64(key, value, unit)
    character(len=*), intent(in) :: key
    real(real64), intent(in) :: value
    character(len=*), intent(in), optional :: unit
    if (nbtrace_on()) call print_line('', 0_int64, key, trim(number(value)), unit)
  end subroutine log_real64

  subroutine log_real32(key, value, unit)
    character(len=*), intent(in) :: key
    real(real32), intent(in) :: value
    character(len=*), intent(in), optional :: unit
    if (nbtrace_on()) call log_real64(key, real(value, real64), unit)
  end subroutine log_real32

  subroutine log_int64(key, value, unit)
    character(len=*), intent(in) :: key
    integer(int64), intent(in) :: value
    character(len=*), intent(in), optional :: unit
    if (nbtrace_on()) call print_line('', 0_int64, key, trim(whole(value)), unit)
  end subroutine log_int64

  subroutine log_int32(key, value, unit)
    character(len=*), intent(in) :: key
    integer(int32), intent(in) :: value
    character(len=*), intent(in), optional :: unit
    if (nbtrace_on()) call log_int64(key, int(value, int64), unit)
  end subroutine log_int32

  subroutine log_text(key, value)
    character(len=*), intent(in) :: key, value
    character(len=len(value)) :: text
    integer :: place
    if (.not. nbtrace_on()) return
    text = value
    do place = 1, len(text)
       if (iachar(text(place:place)) < 32 .or. iachar(text(place:place)) == 127 .or. text(place:place) == '=') then
          text(place:place) = '_'
       end if
    end do
    if (len_trim(text) == 0) then
       call print_line('', 0_int64, key, 'empty')
    else
       call print_line('', 0_int64, key, trim(adjustl(text)))
    end if
  end subroutine log_text

  subroutine log_vector_real64(key, value, unit)
    character(len=*), intent(in) :: key
    real(real64), intent(in) :: value(:)
    character(len=*), intent(in), optional :: unit
    character(len=longest_line) :: text
    integer :: length
    if (.not. nbtrace_on()) return
    length = 0
    if (size(value) == 0) then
       call print_line('', 0_int64, key, 'empty')
    else
       call add_row(text, length, value)
       call print_line('', 0_int64, key, text(1:min(length, len(text))), unit)
    end if
  end subroutine log_vector_real64

  subroutine log_vector_real32(key, value, unit)
    character(len=*), intent(in) :: key
    real(real32), intent(in) :: value(:)
    character(len=*), intent(in), optional :: unit
    if (nbtrace_on()) call log_vector_real64(key, real(value, real64), unit)
  end subroutine log_vector_real32

  subroutine log_matrix_real64(key, value, unit)
    character(len=*), intent(in) :: key
    real(real64), intent(in) :: value(:, :)
    character(len=*), intent(in), optional :: unit
    character(len=longest_line) :: text
    integer :: length, place
    if (.not. nbtrace_on()) return
    if (size(value) == 0) then
       call print_line('', 0_int64, key, 'empty')
       return
    end if
    length = 0
    if (size(value, 1) > 1) call add(text, length, '[')
    call add_row(text, length, value(1, :))
    do place = 2, size(value, 1)
       call add(text, length, '; ')
       call add_row(text, length, value(place, :))
    end do
    if (size(value, 1) > 1) call add(text, length, ']')
    call print_line('', 0_int64, key, text(1:min(length, len(text))), unit)
  end subroutine log_matrix_real64

  subroutine log_matrix_real32(key, value, unit)
    character(len=*), intent(in) :: key
    real(real32), intent(in) :: value(:, :)
    character(len=*), intent(in), optional :: unit
    if (nbtrace_on()) call log_matrix_real64(key, real(value, real64), unit)
  end subroutine log_matrix_real32

  !> Prints an array, one line for each element; the loop that it stands for is counted from 0.
  subroutine over_real64(loop, key, values, unit)
    character(len=*), intent(in) :: loop, key
    real(real64), intent(in) :: values(:)
    character(len=*), intent(in), optional :: unit
    integer :: place
    if (.not. nbtrace_on()) return
    do place = 1, size(values)
       call print_line(loop, int(place - 1, int64), key, trim(number(values(place))), unit)
    end do
  end subroutine over_real64

  subroutine over_real32(loop, key, values, unit)
    character(len=*), intent(in) :: loop, key
    real(real32), intent(in) :: values(:)
    character(len=*), intent(in), optional :: unit
    if (nbtrace_on()) call over_real64(loop, key, real(values, real64), unit)
  end subroutine over_real32

  ! A number with all its bits: 17 digits. Texts have a fixed length here and below: those whose length is
  ! allocated came out mixed between threads (gfortran 12).
  function number(value) result(text)
    real(real64), intent(in) :: value
    character(len=longest_number) :: text
    write(text, '(es25.16e3)') value
    text = adjustl(text)
    if (verify(text(1:1), '+-0123456789') == 0 .and. scan(text, 'NnIi') == 0) return
    if (scan(text, 'Aa') > 0) then
       text = 'nan'
    else if (text(1:1) == '-') then
       text = '-inf'
    else
       text = 'inf'
    end if
  end function number

  function whole(value) result(text)
    integer(int64), intent(in) :: value
    character(len=longest_number) :: text
    write(text, '(i0)') value
  end function whole

  ! Appends a text; a length above that of the line says that it does not fit.
  subroutine add(line, length, text)
    character(len=*), intent(inout) :: line
    integer, intent(inout) :: length
    character(len=*), intent(in) :: text
    if (length + len(text) <= len(line)) line(length + 1:length + len(text)) = text
    length = length + len(text)
  end subroutine add

  subroutine add_row(line, length, values)
    character(len=*), intent(inout) :: line
    integer, intent(inout) :: length
    real(real64), intent(in) :: values(:)
    character(len=longest_number) :: printed
    integer :: place
    do place = 1, size(values)
       if (length > len(line)) return
       if (place > 1) call add(line, length, ' ')
       printed = number(values(place))
       call add(line, length, trim(printed))
    end do
  end subroutine add_row

  ! Appends a name; what cannot stand in one becomes _.
  subroutine add_name(line, length, word)
    character(len=*), intent(inout) :: line
    integer, intent(inout) :: length
    character(len=*), intent(in) :: word
    integer :: first, last, place
    first = verify(word, ' ')
    last = len_trim(word)
    if (first == 0) call add(line, length, '_')
    if (first == 0) return
    if (scan(word(first:first), '0123456789') > 0) call add(line, length, '_')
    do place = first, last
       if (is_word(word(place:place))) then
          call add(line, length, word(place:place))
       else
          call add(line, length, '_')
       end if
    end do
  end subroutine add_name

  subroutine add_place(line, length, loop, ordinal)
    character(len=*), intent(inout) :: line
    integer, intent(inout) :: length
    character(len=*), intent(in) :: loop
    integer(int64), intent(in) :: ordinal
    character(len=longest_number) :: printed
    printed = whole(ordinal)
    call add(line, length, ' ')
    call add_name(line, length, loop)
    call add(line, length, '=')
    call add(line, length, trim(printed))
  end subroutine add_place

  subroutine print_line(loop, ordinal, key, value, unit)
    character(len=*), intent(in) :: loop, key, value
    integer(int64), intent(in) :: ordinal
    character(len=*), intent(in), optional :: unit
    character(len=longest_line) :: line
    integer :: head, length, place, status
    length = 0
    call add(line, length, trim(prefix))
    do place = 1, depth
       call add_place(line, length, turns(place)%loop, turns(place)%ordinal)
    end do
    if (len(loop) > 0) call add_place(line, length, loop, ordinal)
    call add(line, length, ' ')
    call add_name(line, length, key)
    head = min(length, longest_line)
    call add(line, length, ' ')
    call add(line, length, value)
    if (present(unit)) then
       if (len_trim(unit) > 0) then
          call add(line, length, ' ')
          call add(line, length, trim(unit))
       end if
    end if
    if (length > longest_line) then
       ! A key without a value: nbtrace reports it as a value that is lost.
       write(error_unit, '(3a)') 'nbtrace.f90: ', trim(key), ' does not fit on a line; print it with nbtrace_over'
       length = head
    end if
    !$omp critical (nbtrace_line)
    write(log_unit, '(a)', iostat=status) line(1:length)
    flush(log_unit)
    !$omp end critical (nbtrace_line)
    if (status /= 0) then
       write(error_unit, '(a)') 'nbtrace.f90: the log cannot be written and ends here'
       state = 0
    end if
  end subroutine print_line

  logical function is_word(letter)
    character(len=1), intent(in) :: letter
    is_word = (letter >= '0' .and. letter <= '9') .or. (letter >= 'A' .and. letter <= 'Z') .or. &
         (letter >= 'a' .and. letter <= 'z') .or. letter == '_' .or. iachar(letter) > 127
  end function is_word

  integer function depth_of(loop)
    character(len=*), intent(in) :: loop
    integer :: place
    depth_of = depth
    do place = 1, depth
       if (turns(place)%loop == loop) then
          depth_of = place - 1
          return
       end if
    end do
  end function depth_of

  subroutine begin_by_environment()
    character(len=1024) :: name
    integer :: length, status
    call get_environment_variable('NBTRACE_LOG', name, length, status)
    if (status == 0 .and. length > 0) then
       call begin(name(1:length))
    else
       state = 0
    end if
  end subroutine begin_by_environment

  subroutine begin(name)
    character(len=*), intent(in) :: name
    character(len=longest_word - 1) :: given
    integer :: length, status
    state = 0
    call get_environment_variable('NBTRACE_PREFIX', given, length, status)
    if (status == 0 .and. length > 0) prefix = given
    length = len_trim(prefix)
    if (is_word(prefix(length:length))) prefix = trim(prefix) // ':'
    if (name == '-') then
       log_unit = output_unit
    else
       if (is_foreign(name)) then
          write(error_unit, '(3a)') 'nbtrace.f90: ', trim(name), ' exists and is no trace log; nothing is traced'
          return
       end if
       log_unit = free_unit()
       open(unit=log_unit, file=name, status='replace', action='write', iostat=status)
       if (status /= 0) then
          write(error_unit, '(2a)') 'nbtrace.f90: no log in ', trim(name)
          return
       end if
    end if
    write(log_unit, '(a)') 'TRACE_FORMAT 1'
    flush(log_unit)
    state = 1
  end subroutine begin

  ! A unit that no file is connected to.
  integer function free_unit()
    logical :: taken
    do free_unit = 700, 799
       inquire(unit=free_unit, opened=taken)
       if (.not. taken) return
    end do
    free_unit = -1
  end function free_unit

  ! Whether a file exists and holds something that is no trace log.
  logical function is_foreign(name)
    character(len=*), intent(in) :: name
    character(len=12) :: mark
    integer :: from, status
    logical :: there
    is_foreign = .false.
    inquire(file=name, exist=there)
    if (.not. there) return
    from = free_unit()
    open(unit=from, file=name, status='old', action='read', iostat=status)
    if (status /= 0) return
    mark = ''
    read(from, '(a)', iostat=status) mark
    is_foreign = status == 0 .and. mark /= 'TRACE_FORMAT'
    close(from)
  end function is_foreign

end module nbtrace

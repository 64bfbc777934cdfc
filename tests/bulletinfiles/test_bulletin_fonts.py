"""What stands between a bulletin and its print is said in words, before a month's end is the first to find out."""

from pathlib import Path

import pytest

from tricolor.adapters.bulletins import fonts as bulletin_fonts_module
from tricolor.adapters.bulletins.fonts import ROLES, bulletin_fonts, library
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor_cli.doctor_bulletins import look_at_bulletins


def test_a_missing_library_names_the_extra_to_install() -> None:
    with pytest.raises(Misconfigured, match=r"tricolor\[bulletin\]") as said:
        library("no_such_library.part")
    assert "no_such_library" in str(said.value)


def test_every_role_gets_a_family_with_simplified_chinese() -> None:
    found = bulletin_fonts()
    assert set(found.families) == set(ROLES)
    assert found.substitutes
    assert not any(name.endswith((" JP", " KR", " TC", " HK")) for name in found.families.values())


def test_a_folder_of_ones_own_is_used_and_nothing_beside_it(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for path in bulletin_fonts().files:
        (own / Path(path).name).symlink_to(path)
    found = bulletin_fonts(own)
    shipped_with_typst = ("Libertinus", "New Computer", "DejaVu")
    assert all(name.startswith(("Noto", *shipped_with_typst)) for name in found.book.families())
    (own / "NotoSerifCJK-Bold.ttc").unlink()
    bulletin_fonts.cache_clear()
    assert len(bulletin_fonts(own).files) == 3
    assert [face for face in bulletin_fonts(own).book.fonts() if face.family == "Noto Serif CJK SC" and face.weight > 400] == []


def test_a_folder_with_serif_alone_says_which_is_missing(tmp_path: Path) -> None:
    for path in bulletin_fonts().files:
        if "Serif" in path:
            (tmp_path / Path(path).name).symlink_to(path)
    with pytest.raises(Misconfigured, match="fonts-noto-cjk"):
        bulletin_fonts(tmp_path)


def test_the_bureaus_own_face_wins_over_the_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # no face of the standard may be shipped: Noto's Traditional face plays one
    monkeypatch.setattr(bulletin_fonts_module, "ROLES", {**ROLES, "body": ("Noto Serif CJK TC", "Noto Serif CJK SC", "Noto Serif SC")})
    for path in bulletin_fonts().files:
        (tmp_path / Path(path).name).symlink_to(path)
    assert bulletin_fonts(tmp_path).families["body"] == "Noto Serif CJK TC"


def test_the_doctor_says_what_bulletins_are_printed_with_and_what_to_install(tmp_path: Path) -> None:
    (well,) = look_at_bulletins(Settings())
    assert well.state == "ok"
    assert "Noto Serif CJK SC" in well.detail
    (ill,) = look_at_bulletins(Settings(fonts=tmp_path))
    assert ill.state == "warning"
    assert "fonts-noto-cjk" in ill.mend

"""Fonts of the printed bulletin: a bureau's own where its folder has them, else Noto CJK; never a font without Chinese."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tricolor.domain.errors import Misconfigured

# GB/T 9704-2012 §5.2.2, §7 name the faces; Noto stands in for them (project default), because the standard's are not free to ship
ROLES: Mapping[str, tuple[str, ...]] = {
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC"),
    "body": ("FangSong_GB2312", "FangSong", "FZFangSong-Z02S", "Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC"),
    "second": ("KaiTi_GB2312", "KaiTi", "FZKai-Z03S", "Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC"),
    "heading": ("SimHei", "FZHei-B01S", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC"),
    "page": ("SimSun", "NSimSun", "Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC"),
    "chart": ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "SimHei"),
}
MEND = (
    "安装 fonts-noto-cjk（apt install fonts-noto-cjk），或将 TRICOLOR_FONTS 指向存放 Noto Serif CJK SC 与 Noto Sans CJK SC 的文件夹 · "
    "install fonts-noto-cjk, or point TRICOLOR_FONTS to a folder that holds Noto Serif CJK SC and Noto Sans CJK SC"
)


@dataclass(frozen=True, slots=True)
class BulletinFonts:
    """families: role -> name of the family; files: all that hold one of them; book: typst's list of the faces."""

    families: Mapping[str, str]
    files: tuple[str, ...]
    book: Any

    @property
    def substitutes(self) -> bool:
        """Whether Noto stands in for a face that the standard names."""
        return any(name.startswith(("Noto", "Source Han")) for role, name in self.families.items() if role != "chart")


def library(name: str) -> Any:
    """A library of the extra `bulletin`, loaded when it is first needed; Misconfigured says how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        top = name.partition(".")[0]
        raise Misconfigured(f"缺少程序库 {top}，请安装 pip install 'tricolor[bulletin]' · {top} is missing: install the extra bulletin") from error


@lru_cache(maxsize=4)
def bulletin_fonts(folder: Path | None = None) -> BulletinFonts:
    """The faces for each role, of the folder or else of the system; Misconfigured: none with Chinese for a role, and what to install."""
    typst = library("typst")
    if folder is not None and not folder.is_dir():
        raise Misconfigured(f"TRICOLOR_FONTS 指向的 {folder} 不是文件夹；{MEND} · TRICOLOR_FONTS is {folder}: no such folder")
    seen = typst.Fonts(include_system_fonts=folder is None, include_embedded_fonts=False, font_paths=[str(folder)] if folder else [])
    paths: dict[str, set[str]] = {}
    for face in seen.fonts():
        if face.path:
            paths.setdefault(face.family, set()).add(face.path)
    families: dict[str, str] = {}
    for role, names in ROLES.items():
        name = next((n for n in names if n in paths), None)
        if name is None:
            where = f"文件夹 {folder}" if folder else "系统"
            raise Misconfigured(f"{where}中没有可用的中文字体（{names[-2]} 等）；{MEND}")
        families[role] = name
    files = tuple(sorted({path for name in families.values() for path in paths[name]}))
    # only the folders of the chosen ones, so that no other font of the machine can slip in for a missing sign
    folders = [str(folder)] if folder else sorted({str(Path(path).parent) for path in files})
    return BulletinFonts(families, files, typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders))

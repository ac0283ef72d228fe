"""Names in Google's schema that only error messages show: enumerations, and groups of fields."""

from __future__ import annotations

TYPE_URL = "type.googleapis.com/google.apps.sheets.v4."

# Enumerations by the field that holds them; the others are named after their message and field.
_ENUMS = {
    "autoRecalc": "RecalculationInterval",
    "dateTimeRenderOption": "DateTimeRenderOption",
    "delimiterType": "TextToColumnsRequest.DelimiterType",
    "dimension": "Dimension",
    "horizontalAlignment": "HorizontalAlign",
    "hyperlinkDisplayType": "CellFormat.HyperlinkDisplayType",
    "insertDataOption": "AppendValuesRequest.InsertDataOption",
    "locationMatchingStrategy": "DeveloperMetadataLocationMatchingStrategy",
    "locationType": "DeveloperMetadataLocationType",
    "majorDimension": "Dimension",
    "pasteOrientation": "PasteOrientation",
    "pasteType": "PasteType",
    "relativeDate": "ConditionValue.RelativeDate",
    "responseDateTimeRenderOption": "DateTimeRenderOption",
    "responseValueRenderOption": "ValueRenderOption",
    "sheetType": "SheetType",
    "shiftDimension": "Dimension",
    "sortOrder": "SortOrder",
    "textDirection": "TextDirection",
    "themeColor": "ThemeColorType",
    "valueInputOption": "ValueInputOption",
    "valueRenderOption": "ValueRenderOption",
    "verticalAlignment": "VerticalAlign",
    "visibility": "DeveloperMetadataVisibility",
    "wrapStrategy": "WrapStrategy",
}
_OF_TYPE = {
    "BooleanCondition": "ConditionType",
    "Border": "Style",
    "ErrorValue": "ErrorType",
    "InterpolationPoint": "InterpolationPointType",
    "NumberFormat": "NumberFormatType",
    "PasteDataRequest": "PasteType",
}

# Groups of which one field at most may be set; a group is all fields, or those that are named.
GROUPS: dict[str, tuple[str, frozenset[str]]] = {
    "ColorStyle": ("kind", frozenset()),
    "ConditionalFormatRule": ("rule", frozenset({"booleanRule", "gradientRule"})),
    "DataFilter": ("filter", frozenset()),
    "DeveloperMetadataLocation": (
        "location",
        frozenset({"spreadsheet", "sheetId", "dimensionRange"}),
    ),
    "ExtendedValue": ("value", frozenset()),
    "FindReplaceRequest": ("scope", frozenset({"range", "sheetId", "allSheets"})),
    "Request": ("kind", frozenset()),
    "TextRotation": ("type", frozenset()),
    "UpdateCellsRequest": ("area", frozenset({"start", "range"})),
}


def enum_name(field: str, message: str = "") -> str:
    """The full name of the enumeration that a field holds."""
    known = _ENUMS.get(field)
    if known is None:
        own = _OF_TYPE.get(message) if field in ("type", "style") else None
        known = f"{message}.{own or field[:1].upper() + field[1:]}".removeprefix(".")
    return TYPE_URL + known

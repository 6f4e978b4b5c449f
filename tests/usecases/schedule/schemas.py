"""Schemas of what launchd and the Task Scheduler read, written here from what Apple and Microsoft document.

They are not the files that these two publish, whose licences do not allow copying: the property list follows the manual
pages plist(5) and launchd.plist(5), the task the protocol document MS-TSCH, section 2.5, of what they allow.
"""

from __future__ import annotations

import io

from lxml import etree

PROPERTY_LIST = etree.DTD(
    io.StringIO("""
<!ENTITY % value "array | data | date | dict | real | integer | string | true | false">
<!ELEMENT plist (%value;)>
<!ATTLIST plist version CDATA #REQUIRED>
<!ELEMENT array (%value;)*>
<!ELEMENT dict (key, (%value;))*>
<!ELEMENT key (#PCDATA)>
<!ELEMENT data (#PCDATA)>
<!ELEMENT date (#PCDATA)>
<!ELEMENT real (#PCDATA)>
<!ELEMENT integer (#PCDATA)>
<!ELEMENT string (#PCDATA)>
<!ELEMENT true EMPTY>
<!ELEMENT false EMPTY>
""")
)
"""What any property list may hold."""

AGENT = {
    "Label": str,
    "ProgramArguments": list,
    "StartCalendarInterval": dict,
    "ProcessType": str,
    "RunAtLoad": bool,
    "StandardErrorPath": str,
    "StandardOutPath": str,
    "WorkingDirectory": str,
    "EnvironmentVariables": dict,
    "Nice": int,
    "LowPriorityIO": bool,
}
"""The keys of an agent of launchd that may be of use here, and the type of each."""
INTERVAL = {"Minute": range(60), "Hour": range(24), "Day": range(1, 32), "Weekday": range(8), "Month": range(1, 13)}
"""The keys of a time of launchd, and what each may be."""
PROCESS_TYPES = {"Background", "Standard", "Adaptive", "Interactive"}

_TASK = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task"
    targetNamespace="http://schemas.microsoft.com/windows/2004/02/mit/task" elementFormDefault="qualified">
  <xs:element name="Task">
    <xs:complexType>
      <xs:all>
        <xs:element name="RegistrationInfo" minOccurs="0"><xs:complexType><xs:all>
          <xs:element name="URI" type="xs:anyURI" minOccurs="0"/>
          <xs:element name="Author" type="xs:string" minOccurs="0"/>
          <xs:element name="Date" type="xs:dateTime" minOccurs="0"/>
          <xs:element name="Description" type="xs:string" minOccurs="0"/>
        </xs:all></xs:complexType></xs:element>
        <xs:element name="Triggers" minOccurs="0"><xs:complexType><xs:choice minOccurs="0" maxOccurs="48">
          <xs:element name="CalendarTrigger"><xs:complexType><xs:sequence>
            <xs:element name="StartBoundary" type="xs:dateTime"/>
            <xs:element name="EndBoundary" type="xs:dateTime" minOccurs="0"/>
            <xs:element name="Enabled" type="xs:boolean" minOccurs="0"/>
            <xs:element name="ExecutionTimeLimit" type="xs:duration" minOccurs="0"/>
            <xs:element name="RandomDelay" type="xs:duration" minOccurs="0"/>
            <xs:element name="ScheduleByDay"><xs:complexType><xs:sequence>
              <xs:element name="DaysInterval" minOccurs="0">
                <xs:simpleType><xs:restriction base="xs:unsignedInt">
                  <xs:minInclusive value="1"/><xs:maxInclusive value="365"/>
                </xs:restriction></xs:simpleType>
              </xs:element>
            </xs:sequence></xs:complexType></xs:element>
          </xs:sequence></xs:complexType></xs:element>
        </xs:choice></xs:complexType></xs:element>
        <xs:element name="Principals" minOccurs="0"><xs:complexType><xs:sequence>
          <xs:element name="Principal"><xs:complexType><xs:all>
            <xs:element name="UserId" type="xs:string" minOccurs="0"/>
            <xs:element name="LogonType" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
              <xs:enumeration value="S4U"/><xs:enumeration value="Password"/><xs:enumeration value="InteractiveToken"/>
              <xs:enumeration value="InteractiveTokenOrPassword"/>
            </xs:restriction></xs:simpleType></xs:element>
            <xs:element name="RunLevel" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
              <xs:enumeration value="LeastPrivilege"/><xs:enumeration value="HighestAvailable"/>
            </xs:restriction></xs:simpleType></xs:element>
          </xs:all><xs:attribute name="id" type="xs:ID"/></xs:complexType></xs:element>
        </xs:sequence></xs:complexType></xs:element>
        <xs:element name="Settings" minOccurs="0"><xs:complexType><xs:all>
          <xs:element name="AllowStartOnDemand" type="xs:boolean" minOccurs="0"/>
          <xs:element name="DisallowStartIfOnBatteries" type="xs:boolean" minOccurs="0"/>
          <xs:element name="StopIfGoingOnBatteries" type="xs:boolean" minOccurs="0"/>
          <xs:element name="StartWhenAvailable" type="xs:boolean" minOccurs="0"/>
          <xs:element name="RunOnlyIfNetworkAvailable" type="xs:boolean" minOccurs="0"/>
          <xs:element name="WakeToRun" type="xs:boolean" minOccurs="0"/>
          <xs:element name="Enabled" type="xs:boolean" minOccurs="0"/>
          <xs:element name="Hidden" type="xs:boolean" minOccurs="0"/>
          <xs:element name="ExecutionTimeLimit" type="xs:duration" minOccurs="0"/>
          <xs:element name="Priority" minOccurs="0"><xs:simpleType><xs:restriction base="xs:byte">
            <xs:minInclusive value="0"/><xs:maxInclusive value="10"/>
          </xs:restriction></xs:simpleType></xs:element>
          <xs:element name="MultipleInstancesPolicy" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
            <xs:enumeration value="Parallel"/><xs:enumeration value="Queue"/><xs:enumeration value="IgnoreNew"/>
            <xs:enumeration value="StopExisting"/>
          </xs:restriction></xs:simpleType></xs:element>
        </xs:all></xs:complexType></xs:element>
        <xs:element name="Actions"><xs:complexType><xs:sequence>
          <xs:element name="Exec" maxOccurs="32"><xs:complexType><xs:all>
            <xs:element name="Command"><xs:simpleType><xs:restriction base="xs:string">
              <xs:minLength value="1"/><xs:maxLength value="260"/>
            </xs:restriction></xs:simpleType></xs:element>
            <xs:element name="Arguments" type="xs:string" minOccurs="0"/>
            <xs:element name="WorkingDirectory" type="xs:string" minOccurs="0"/>
          </xs:all></xs:complexType></xs:element>
        </xs:sequence><xs:attribute name="Context" type="xs:IDREF"/></xs:complexType></xs:element>
      </xs:all>
      <xs:attribute name="version"><xs:simpleType><xs:restriction base="xs:string">
        <xs:pattern value="1\\.[1-6]"/>
      </xs:restriction></xs:simpleType></xs:attribute>
    </xs:complexType>
  </xs:element>
</xs:schema>
"""
TASK = etree.XMLSchema(etree.fromstring(_TASK))
"""What a task that starts programs at a time of day may hold."""
